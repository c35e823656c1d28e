"""Which rule it is when content of one kind reaches one place. Only the kinds, the place and its hosts decide."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from ringfence.audit.code.hosts import exchange_of, host_of, is_anybodys, is_documentation, is_local, is_messenger
from ringfence.audit.code.known import DANGEROUS
from ringfence.audit.code.summary import Flow
from ringfence.audit.code.values import GAP

ABOUT: Final = frozenset({"user", "host", "address", "machine", "processes"})
"""Kinds that say who and where somebody is; two of them together are for recognising."""

NAME: Final = "name"
"""The role of content in a name that is looked up: it travels to whoever owns the domain."""

_TOKEN: Final = 40  # characters of a URL that has a messenger's token in it


def where(urls: Sequence[str]) -> list[str]:
    """The hosts that are known; empty where none is."""
    return [host for text in urls if (host := host_of(text))]


def strangers(urls: Sequence[str]) -> list[str]:
    """The hosts that are known, and neither this machine's nor an exchange's."""
    return [host for host in where(urls) if not is_local(host) and not exchange_of(host)]


def _is_unknown(urls: Sequence[str]) -> bool:
    return not where(urls)


_HOOK: Final = re.compile(r"hook|webhook|telegram|discord|collector|exfil|notify_url|c2", re.IGNORECASE)


def _credential_net(flow: Flow, urls: Sequence[str]) -> str:
    foreign = strangers(urls)
    if not foreign:
        if flow.role == "url" and flow.source == "secret":
            return "credential-in-url"
        hooked = _is_unknown(urls) and any(_HOOK.search(text) for text in urls) and flow.source != "key"
        return "credential-sent" if hooked else ""
    host = foreign[0]
    if flow.source == "key":
        return "credential-sent" if flow.role == "body" and (is_messenger(host) or is_anybodys(host)) else ""
    if flow.source.startswith("config") and (is_documentation(host) or flow.role != "body"):
        return ""
    if flow.role in {"header", "query"} and _is_own_party(flow, host):
        return ""
    return "credential-sent"


def _is_own_party(flow: Flow, host: str) -> bool:
    """Say whether a service is sent its own key in the place where keys go: the key's name names the host."""
    labels = [label for label in host.split(".")[:-1] if len(label) > 3]  # noqa: PLR2004
    named = flow.label.lower().replace("_", "")
    return any(label.replace("-", "") in named for label in labels) and not is_anybodys(host)


def _environment_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "" if where(urls) and not strangers(urls) else "environment-sent"


def _file_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "secret-file-sent" if strangers(urls) else ""


def _wallet_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "wallet-sent" if strangers(urls) or _is_unknown(urls) else ""


def _machine_key_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "wallet-sent" if strangers(urls) else ""


def _home_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "files-collected" if strangers(urls) or _is_unknown(urls) else ""


def _clipboard_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "clipboard-sent" if strangers(urls) or _is_unknown(urls) else ""


def _watched_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "input-watched" if strangers(urls) or _is_unknown(urls) else ""


def _screen_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "input-watched" if strangers(urls) else ""


def _traffic_net(flow: Flow, urls: Sequence[str]) -> str:
    return "client-tapped" if strangers(urls) and flow.role != "url" else ""


def _frames_net(_flow: Flow, urls: Sequence[str]) -> str:
    return "credential-sent" if strangers(urls) else ""


def _named(_flow: Flow, urls: Sequence[str]) -> str:
    if any("withdraw" in text.lower() and GAP not in text for text in urls):
        return "hidden-withdrawal"
    return "hidden-call" if any(text in DANGEROUS for text in urls) else ""


def _paid_by_name(_flow: Flow, urls: Sequence[str]) -> str:
    return "fixed-address" if any("withdraw" in text.lower() for text in urls) else ""


def _always(rule: str) -> Callable[[Flow, Sequence[str]], str]:
    return lambda _flow, _urls: rule


_RULES: Final[dict[tuple[str, str], Callable[[Flow, Sequence[str]], str]]] = {
    **{
        (kind, "net"): _credential_net
        for kind in ("secret", "exchange-key", "key", "config", "config-far", "own-wallet")
    },
    ("environment", "net"): _environment_net,
    ("secret-file", "net"): _file_net,
    ("wallet", "net"): _wallet_net,
    ("browser", "net"): _wallet_net,
    ("machine-key", "net"): _machine_key_net,
    ("home-files", "net"): _home_net,
    ("clipboard", "net"): _clipboard_net,
    ("keys-input", "net"): _watched_net,
    ("screen", "net"): _screen_net,
    ("traffic", "net"): _traffic_net,
    ("frames", "net"): _frames_net,
    **{(kind, "log"): _always("credential-logged") for kind in ("secret", "exchange-key", "key")},
    ("config", "log"): lambda flow, _urls: "credential-logged" if "[" in flow.label else "",
    **{(kind, "write"): _always("credential-written") for kind in ("secret",)},
    ("remote", "code"): _always("remote-code"),
    ("message", "code"): _always("message-code"),
    ("decoded", "code"): _always("decoded-code"),
    ("remote", "marshalled"): _always("remote-code"),
    ("decoded", "marshalled"): _always("decoded-code"),
    ("decoded-constant", "objects"): _always("decoded-code"),
    ("remote", "objects"): _always("remote-objects"),
    ("remote", "shell"): _always("remote-shell"),
    ("message", "shell"): _always("message-shell"),
    ("decoded", "shell"): _always("decoded-code"),
    ("remote", "shell-input"): _always("remote-shell"),
    **{(kind, "served"): _always("keys-served") for kind in ("secret", "exchange-key", "key")},
    ("downloaded", "loaded"): _always("downloaded-program"),
    ("sealed", "net"): _credential_net,
    ("fixed-address", "withdraw"): _always("fixed-address"),
    ("fixed-address", "named-call"): _paid_by_name,
    ("call", "named-call"): _named,
}


def judge(flow: Flow, urls: Sequence[str]) -> str:
    """Name the rule; empty where it is none."""
    decide = _RULES.get((flow.source, flow.sink))
    return decide(flow, urls) if decide is not None else ""


def is_about(flow: Flow, urls: Sequence[str]) -> bool:
    """Say whether it tells a stranger about the machine or its user."""
    if flow.sink != "net" or flow.source not in ABOUT | {"platform"} or (where(urls) and not strangers(urls)):
        return False
    if flow.role == NAME:  # a machine asks for its own address by its own name
        return False
    # a message to one's own chat is for oneself: only a chat that the code itself names is somebody else's
    whole = any(GAP not in text and len(text) > _TOKEN for text in urls)
    return whole or not any(is_messenger(host) for host in where(urls))


def subject_of(flow: Flow, urls: Sequence[str]) -> str:
    """What a finding is about beside its place."""
    hosts = strangers(urls) or where(urls)
    return f"{flow.label} to {hosts[0]}" if hosts else flow.label
