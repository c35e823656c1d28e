"""One answer: everything that one client needs in one mode, written out."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from ringfence.pointing.clients import Client, Mode, Plain, Way
from ringfence.pointing.place import Place


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes where. `config` is the same as in `text`, as values; `missing` says that ringfence.toml lacks it."""

    client: str
    title: str
    mode: Mode
    file: str
    form: str
    text: str
    config: Mapping[str, Plain]
    environment: Mapping[str, str]
    hosts: tuple[str, ...]
    settings: str
    missing: bool
    differs: tuple[str, ...]
    others: tuple[Mode, ...]
    check: str


def answer(client: Client, way: Way, place: Place) -> Answer:
    """Write one client's answer; raises `Misconfigured` where the deployment has no such door."""
    way = place.fitting(way)
    place.insist_on(way)
    config = {name: place.filled(value, way) for name, value in way.config.items()}
    written = json.dumps(config, indent=4)  # also a literal of Python and of JavaScript: it has text and numbers alone
    return Answer(
        client=client.name,
        title=client.title,
        mode=way.mode,
        file=way.file,
        form=way.form.value,
        text=str(place.filled(Template(way.text).safe_substitute(config=_escaped(written)), way)),
        config=config,
        environment=place.variables(way),
        hosts=place.host_lines(way),
        settings=place.settings(way),
        missing=way.mode is Mode.NAMES and place.address is None,
        differs=way.differs,
        others=tuple(mode for mode in client.ways if mode is not way.mode),
        check=f"ringfence leaktest --bot {place.bot} -- COMMAND",
    )


def lines(found: Answer) -> str:
    """Write an answer for a person."""
    parts = [f"{found.title}, {found.mode} mode", _block(f"in {found.file}", found.text)]
    if found.environment:
        parts.append(_block("in its environment", variables(found.environment)))
    if found.hosts:
        parts.append(_block("in /etc/hosts, as root", "\n".join(found.hosts)))
    there = (
        "which is not there yet; then `ringfence certificates`, and start again" if found.missing else "as it is now"
    )
    parts.append(_block(f"in ringfence.toml, {there}", found.settings))
    if found.differs:
        parts.append("what differs\n" + "\n".join(f"  * {one}" for one in found.differs))
    parts.append(_block("check that nothing goes past", found.check))
    if found.others:
        parts.append(f"other modes: {', '.join(found.others)}")
    return "\n\n".join(parts)


def variables(values: Mapping[str, str]) -> str:
    """Write variables as a shell reads them, and a file of a bot's environment."""
    return "\n".join(f"{name}={shlex.quote(value)}" for name, value in values.items())


def _block(title: str, text: str) -> str:
    return f"{title}\n" + "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _escaped(text: str) -> str:
    return text.replace("$", "$$")
