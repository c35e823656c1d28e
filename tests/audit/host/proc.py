"""What /proc says of a made-up process."""


def process(
    pid: int,
    name: str,
    uid: int = 0,
    *,
    groups: str = "",
    unit: str = "",
    caps: str = "0000000000000000",
    permitted: str = "0000000000000000",
    nnp: int = 1,
    seccomp: int = 2,
    environ: str = "",
) -> dict[str, str]:
    """Write the files of a process with one thread, confined unless said otherwise."""
    status = (
        f"Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\nGroups:\t{groups}\n"
        f"CapPrm:\t{permitted}\nCapEff:\t{caps}\nNoNewPrivs:\t{nnp}\nSeccomp:\t{seccomp}\n"
    )
    return {
        f"/proc/{pid}/status": status,
        f"/proc/{pid}/task/{pid}/status": status,
        f"/proc/{pid}/comm": f"{name}\n",
        f"/proc/{pid}/cgroup": f"0::/system.slice/{unit}\n",
        f"/proc/{pid}/environ": environ,
    }
