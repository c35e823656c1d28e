"""Settings of package managers: pip.conf, uv.toml. They say where packages come from."""

from ringfence.audit.deps.addresses import masked
from ringfence.audit.deps.declared import uv_indexes
from ringfence.audit.deps.listing import Index, Kind, Listing, Sheet
from ringfence.audit.deps.parsed import ini, toml
from ringfence.audit.deps.rules import INSECURE_INDEX

_EXTRA = ("extra-index-url", "find-links")


def pip_conf(sheet: Sheet) -> Listing:
    """Read pip.conf or pip.ini; any section can name a source."""
    indexes: list[Index] = []
    findings = []
    for keys in ini(sheet.text).values():
        named = {key.replace("_", "-"): value for key, value in keys.items()}
        for key in (*_EXTRA, "index-url"):
            extra = key in _EXTRA
            indexes += [Index(sheet.at(_line(sheet, each)), each, extra) for each in named.get(key, "").split()]
        for trusted in named.get("trusted-host", "").split():
            text = f"the connection to {masked(trusted)} is not verified"
            findings.append(INSECURE_INDEX.found(sheet.at(_line(sheet, trusted)), text, masked(trusted)))
    return Listing(sheet.at(), Kind.SETTINGS, findings=tuple(findings), indexes=tuple(indexes))


def _line(sheet: Sheet, text: str) -> int:
    at = sheet.text.find(text)
    return sheet.text.count("\n", 0, at) + 1 if at >= 0 else 0


def uv_toml(sheet: Sheet) -> Listing:
    """Read uv.toml."""
    return Listing(sheet.at(), Kind.SETTINGS, indexes=tuple(uv_indexes(sheet, toml(sheet.text))))
