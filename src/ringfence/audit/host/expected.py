"""What the owner says of the server, and what Ringfence's own deployment knows of it: what is meant to be there."""

import msgspec


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is meant to be on the server; what is empty is not known, and then nothing is held against it.

    `bots` and `ours` are user names: those that bots run as, and those of Ringfence's own processes. `people` are the
    users who may log in, `keys` the SHA-256 fingerprints of the SSH keys that may. `ports` may be reached from outside
    (`tcp/22`). `packages` are server packages that are wanted. `home` is the deployment's directory, empty where
    there is none; `units` are the services that the deployment runs, `made` what else starts by itself because of it.
    """

    bots: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    ports: tuple[str, ...] = ("tcp/22", "udp/51820", "udp/41641")
    packages: tuple[str, ...] = ()
    home: str = ""
    units: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
