"""Configurations of logging that hand every record to somebody else: a handler's class, and the host it is given."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.code.data.content import line_of
from ringfence.audit.code.data.found import Found
from ringfence.audit.code.data.tree import Tree
from ringfence.audit.code.hosts import exchange_of, host_of, is_local, is_messenger
from ringfence.audit.finding import Severity

_SENDING: Final = re.compile(r"(?i)(?:^|[.\s])(?:HTTP|Socket|Datagram|SysLog|SMTP)Handler$")
_OTHERS: Final = re.compile(
    r"(?i)(?:^|\.)\w{0,60}(?:http|url|web|tcp|udp|gelf|loki|logstash|graylog|remote|push)\w{0,60}Handler$"
)
_MAIL: Final = re.compile(r"(?i)SMTPHandler$")
_NAMED: Final = ("class", "()", "factory", "handler", "type", "sink")
_HOSTS: Final = ("host", "mailhost", "address", "url", "uri", "server", "hosts", "endpoint", "kwargs", "args")
_QUOTED: Final = re.compile(r"[\"']([^\"'\n]{3,253})[\"']")
_PORT: Final = re.compile(r":\d{1,5}$")
_STEP: Final = re.compile(r"[^.\[\]]+")
_PAGE: Final = re.compile(r"\.(?:py|log|txt|json|sock)$")


def look(table: dict[str, Tree], whole: Tree, text: str, found: Found) -> None:
    """Look at one table: is it a handler that sends records away?"""
    lower = {key.lower(): value for key, value in table.items()}
    kind = next((value for name in _NAMED if isinstance(value := lower.get(name), str) and _is_handler(value)), "")
    if not kind:
        return
    for host in _hosts([lower[name] for name in _HOSTS if name in lower], whole):
        if is_local(host) or exchange_of(host):
            continue
        own = _SENDING.search(kind) and not _MAIL.search(kind) and not is_messenger(host)
        place = line_of(text, host) or line_of(text, kind)
        found.say("records-sent", place, host, f"{kind.rpartition('.')[2]} to {host}", None if own else Severity.MEDIUM)


def _is_handler(name: str) -> bool:
    return len(name) < 200 and bool(_SENDING.search(name) or _OTHERS.search(name))  # noqa: PLR2004 - a dotted name


def _hosts(values: list[Tree], whole: Tree) -> Iterator[str]:
    """List the hosts in what a handler is given, also in the text of its arguments, and where that points elsewhere."""
    waiting = values[:50]
    for _ in range(200):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += list(value.values())[:50]
        elif isinstance(value, list):
            waiting += value[:50]
        elif value.startswith("cfg://"):
            waiting.append(_pointed(value.removeprefix("cfg://"), whole))
        else:
            quoted = _QUOTED.findall(value[:4000]) if value[:1] in {"(", "{", "["} else [value]
            yield from (host for text in quoted if (host := _host(text)))


def _host(text: str) -> str:
    bare = text.strip()
    return (
        ""
        if bare.startswith(("/", ".", "ext://")) or _PAGE.search(bare)
        else host_of(bare) or host_of(_PORT.sub("", bare))
    )


def _pointed(path: str, whole: Tree) -> Tree:
    """Follow `cfg://a.b[0]`, as logging.config does."""
    at = whole[0] if isinstance(whole, list) and whole else whole
    for step in _STEP.findall(path)[:20]:
        if isinstance(at, dict):
            at = at.get(step, "")
        elif isinstance(at, list):
            at = at[int(step)] if step.isdecimal() and len(step) < 6 and int(step) < len(at) else ""  # noqa: PLR2004
    return at if not (isinstance(at, str) and at.startswith("cfg://")) else ""
