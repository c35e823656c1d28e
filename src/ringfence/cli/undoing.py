"""Undoing an adoption, by its sealed copy alone: files, bot, and the real key where its owner says so.

The copy goes last: a second run after a crash finds what is left to do.
"""

from dataclasses import dataclass
from pathlib import Path

from ringfence.adopt import copies, files
from ringfence.adopt.copies import Copy, Kept
from ringfence.cli.unlock import bots_of, copies_key, keep_passes, keys_of
from ringfence.errors import Misconfigured
from ringfence.settings import Settings
from ringfence.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Undone:
    """One file of a copy as it is now; `now` is None where it is gone."""

    kept: Kept
    now: bytes | None

    @property
    def back(self) -> bool:
        """Say whether it is as it was."""
        return self.now == self.kept.data

    @property
    def ours(self) -> bool:
        """Say whether nobody has changed it since it was adopted."""
        return self.back or (self.now is not None and copies.digest(self.now) == self.kept.after)


def look(settings: Settings, vault: Vault, path: Path) -> tuple[Copy, tuple[Undone, ...]]:
    """Open the copy of a path and see what has become of its files; raises `Misconfigured` where there is none."""
    folder = settings.home / "adopted"
    copy = None
    if folder.is_dir():
        with copies_key(vault) as key:
            copy = copies.read(folder, path, key.view())
    if copy is None:
        raise Misconfigured(f"{path} was not adopted here", hint="give the path that was given to `ringfence adopt`")
    return copy, tuple(Undone(one, _now(Path(one.path))) for one in copy.files)


def undo(settings: Settings, vault: Vault, copy: Copy, found: tuple[Undone, ...], *, remove_key: bool) -> None:
    """Put the files back as they were, times included, and take out of the vault what adopting put in."""
    for one in found:
        files.sweep(Path(one.kept.path))
        if not one.back:
            if one.now is None:
                raise Misconfigured(f"{one.kept.path} is gone", hint="make an empty file of that name, then --force")
            files.replace(Path(one.kept.path), one.kept.data, one.now, one.kept.held, times=True)
    if copy.made_bot:
        for record in bots_of(vault):
            if record.bot == copy.bot and record.account == copy.account:
                vault.remove(record.id)
    keep_passes(settings, vault)
    if remove_key and copy.sealed_key:
        _remove_key(vault, copy.account)
    copies.remove(settings.home / "adopted", Path(copy.path))


def _remove_key(vault: Vault, account: str) -> None:
    if not any(one.id == f"account-{account}" for one in vault.records):
        return
    others = ", ".join(one.bot for one in bots_of(vault, account))
    if others:
        raise Misconfigured(f"account {account} still has bots: {others}", hint="leave --remove-key out")
    for record in keys_of(vault, account):
        vault.remove(record.id)


def _now(path: Path) -> bytes | None:
    return files.read(path).data if path.exists() or path.is_symlink() else None
