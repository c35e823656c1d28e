"""Nginx before a bot's page: TLS, something between strangers and the page, and who may call it."""

from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.answered import answered
from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.node import Odd
from ringfence.audit.bot.readers.nginx import Directive
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.service import reach
from ringfence.audit.finding import Finding, Unanswered

_PASSES: Final = frozenset({"proxy_pass", "uwsgi_pass", "fastcgi_pass", "grpc_pass"})
_Way = tuple[list[Directive], ...]


def sites(bot: Bot) -> Iterator[Finding | Unanswered]:
    """Every server that hands requests on."""
    for found in bot.sites:
        for server, outer in _servers(found, ()):
            yield from answered(_server(server, outer))


def _servers(found: list[Directive], outer: _Way) -> Iterator[tuple[Directive, _Way]]:
    for one in found:
        if one.name == "server" and one.inner is not None and len(one.words) == 1:
            yield one, (*outer, found)
        elif one.inner is not None:
            yield from _servers(one.inner, (*outer, found))


def _server(server: Directive, outer: _Way) -> Iterator[Finding]:
    inner = server.inner or []
    ways = list(_ways(inner, (*outer, inner)))
    listens = [one for one in inner if one.name == "listen"]
    if not ways or (listens and all(_is_local(one) for one in listens)):
        return
    if not any({"ssl", "quic"} & {word.lower() for word in one.words} for one in listens) and not _is_on(inner, "ssl"):
        if not listens and _has(inner, "include"):
            raise Odd(server.place, "says in another file where it listens, which was not read")
        place = listens[0].place if listens else server.place
        yield say("nginx-plain", place, "passwords and tokens cross the network in the open", "listen")
    for one, way in ways:
        if not _is_guarded(way):
            yield say(
                "nginx-unlimited",
                one.place,
                "nothing slows down or stops whoever guesses the password",
                " ".join(one.words),
            )
    yield from _origins(inner)


def _ways(found: list[Directive], way: _Way) -> Iterator[tuple[Directive, _Way]]:
    for one in found:
        if one.name in _PASSES:
            yield one, way
        elif one.inner is not None:
            yield from _ways(one.inner, (*way, one.inner))


def _is_local(listen: Directive) -> bool:
    where = listen.words[1] if len(listen.words) > 1 else ""
    if where.startswith("unix:"):
        return True
    host, sign, _ = where.rpartition(":")
    return reach(host if sign and "]" not in where.rpartition(":")[2] else where) == "nobody"


def _is_guarded(way: _Way) -> bool:
    for name in ("auth_basic", "auth_request", "ssl_verify_client"):
        said = next((one for block in reversed(way) for one in reversed(block) if one.name == name), None)
        if said is not None and said.words[1:2] not in {(), ("off",), ("optional",), ("optional_no_ca",)}:
            return True
    rules = next((block for block in reversed(way) if _has(block, "deny") or _has(block, "allow")), [])
    denied = any(one.words == ("deny", "all") for one in rules) and not any(
        one.words == ("allow", "all") for one in rules
    )
    return denied or any(_has(block, "limit_req") for block in way)


def _origins(found: list[Directive]) -> Iterator[Finding]:
    for one in found:
        words = tuple(word.lower() for word in one.words)
        if (
            words[:2] == ("add_header", "access-control-allow-origin")
            and words[2:3]
            and words[2] in {"*", "$http_origin", "null"}
        ):
            yield say(
                "nginx-cors",
                one.place,
                "every page that the owner opens may call the bot",
                "Access-Control-Allow-Origin",
            )
        if one.inner is not None:
            yield from _origins(one.inner)


def _is_on(found: list[Directive], name: str) -> bool:
    return any(one.words == (name, "on") for one in found)


def _has(found: list[Directive], name: str) -> bool:
    return any(one.name == name for one in found)


CHECKS: Final = (sites,)
"""What is asked of nginx."""
