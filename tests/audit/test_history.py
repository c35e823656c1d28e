"""The history of a git repository: each version once, the first commit, and no program run on the way."""

import os
import subprocess
from pathlib import Path

import pytest

from ringfence.audit import history, limits
from ringfence.audit.finding import Unanswered
from ringfence.audit.history import History, Origin

AS = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.invalid", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.invalid", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"],
}  # fmt: skip


def git(where: Path, *words: str, at: int = 0) -> str:
    """Run git, as at a minute."""
    when = {"GIT_AUTHOR_DATE": f"2026-01-01T00:{at:02}:00Z", "GIT_COMMITTER_DATE": f"2026-01-01T00:{at:02}:00Z"}
    done = subprocess.run(["git", *words], cwd=where, env=AS | when, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(where: Path, at: int, **files: str | None) -> str:
    """Write or remove files, and commit."""
    for name, text in files.items():
        path = where / f"{name}.txt"
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
    git(where, "add", "-A")
    git(where, "commit", "-q", "-m", "x", at=at)
    return git(where, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository."""
    (tmp_path / "r").mkdir()
    git(tmp_path / "r", "init", "-q", "-b", "main")
    return tmp_path / "r"


def opened(where: Path, scratch: Path) -> tuple[History, dict[bytes, Origin | None]]:
    """Open a history, and list each version by its text with where it comes from."""
    scratch.mkdir()
    found = history.open_(where / ".git", scratch)
    return found, {data: found.blobs.get(name) for name, data in found.read(b".git")}


def test_each_version_is_told_once_with_the_first_commit_that_had_it(repository: Path, tmp_path: Path) -> None:
    first = commit(repository, 1, a="one", b="same")
    second = commit(repository, 2, a="two", c="same")
    commit(repository, 3, a="one")
    _, versions = opened(repository, tmp_path / "s")
    told = {data: (one.path, one.commit, one.present) for data, one in versions.items() if one}
    assert told == {
        b"one": (b"a.txt", first, True),
        b"same": (b"b.txt", first, True),
        b"two": (b"a.txt", second, False),
    }


def test_what_was_deleted_is_no_longer_in_head_and_is_still_told(repository: Path, tmp_path: Path) -> None:
    first = commit(repository, 1, config="secret", keep="x")
    commit(repository, 2, config=None)
    _, versions = opened(repository, tmp_path / "s")
    secret = versions[b"secret"]
    assert secret is not None
    assert (secret.path, secret.commit, secret.present) == (b"config.txt", first, False)
    assert secret.said == f"in git history since {first[:12]}, and no longer in HEAD"


def test_another_branch_a_tag_and_the_stash_are_read(repository: Path, tmp_path: Path) -> None:
    commit(repository, 1, a="one")
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, 2, a="branch")
    git(repository, "tag", "v1")
    git(repository, "checkout", "-q", "main")
    git(repository, "branch", "-D", "-q", "side")
    (repository / "a.txt").write_text("stashed")
    git(repository, "stash", "-q", at=3)
    _, versions = opened(repository, tmp_path / "s")
    assert {text for text, one in versions.items() if one is not None} == {b"one", b"branch", b"stashed"}


def test_what_no_branch_has_any_more_is_read_and_said_so(repository: Path, tmp_path: Path) -> None:
    commit(repository, 1, a="one")
    commit(repository, 2, a="secret")
    git(repository, "reset", "-q", "--hard", "HEAD~1")
    _, versions = opened(repository, tmp_path / "s")
    assert versions[b"secret"] is None
    assert Origin(b".git").said == "in the git repository, in no branch or tag"


def test_what_came_by_a_merge_alone_is_read(repository: Path, tmp_path: Path) -> None:
    commit(repository, 1, a="one")
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, 2, b="side")
    git(repository, "checkout", "-q", "main")
    commit(repository, 3, c="main")
    git(repository, "merge", "-q", "--no-commit", "side", at=4)
    (repository / "a.txt").write_text("evil merge")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "m", at=4)
    _, versions = opened(repository, tmp_path / "s")
    assert versions[b"evil merge"] == Origin(
        b"a.txt",
        git(repository, "rev-parse", "HEAD"),
        present=True,
        order=versions[b"evil merge"].order,  # type: ignore[union-attr]
    )


def test_packed_histories_and_packed_references_are_read(repository: Path, tmp_path: Path) -> None:
    for at in range(1, 6):
        commit(repository, at, a=f"version {at}")
    git(repository, "gc", "-q", "--aggressive")
    assert not (repository / ".git/refs/heads/main").exists()
    _, versions = opened(repository, tmp_path / "s")
    assert sorted(versions) == [f"version {at}".encode() for at in range(1, 6)]
    assert all(versions.values())


def test_names_with_newlines_and_bytes_that_are_no_text(repository: Path, tmp_path: Path) -> None:
    name = b"a\nb\xff.txt"
    (repository / os.fsdecode(name)).write_text("odd")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "x", at=1)
    _, versions = opened(repository, tmp_path / "s")
    assert versions[b"odd"].path == name  # type: ignore[union-attr]


def test_a_version_that_is_too_large_is_said(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE", 10)
    commit(repository, 1, a="0123456789", b="0123456789x")
    found, versions = opened(repository, tmp_path / "s")
    assert list(versions) == [b"0123456789"]
    assert [type(one) for one in found.unanswered] == [Unanswered]


HOSTILE = """
[core]
    fsmonitor = touch {ran}
    pager = touch {ran}
    sshCommand = touch {ran}
    alternateRefsCommand = touch {ran}
    hooksPath = {hooks}
    repositoryformatversion = 1
[extensions]
    partialClone = origin
[remote "origin"]
    url = ext::touch {ran}
    promisor = true
[protocol "ext"]
    allow = always
[diff "x"]
    textconv = touch {ran}
    command = touch {ran}
[filter "x"]
    smudge = touch {ran}
    process = touch {ran}
"""


def test_what_a_repository_sets_is_never_run(repository: Path, tmp_path: Path) -> None:
    commit(repository, 1, a="one", b="two")
    ran, hooks = tmp_path / "ran", tmp_path / "hooks"
    hooks.mkdir()
    missing = git(repository, "hash-object", "a.txt")
    (repository / ".git/config").write_text(HOSTILE.format(ran=ran, hooks=hooks))
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/attributes").write_text("* diff=x filter=x\n")
    (repository / ".gitattributes").write_text("* diff=x filter=x\n")
    (repository / ".git/objects" / missing[:2] / missing[2:]).unlink()  # a partial clone would fetch it, by a program
    _, versions = opened(repository, tmp_path / "s")
    assert b"two" in versions
    assert not ran.exists()
    subprocess.run(["git", "status"], cwd=repository, env=AS, capture_output=True, check=False)
    assert ran.exists()  # git itself falls into it


def test_what_is_no_repository_says_so(tmp_path: Path) -> None:
    (tmp_path / "r/.git").mkdir(parents=True)
    with pytest.raises(history.Unreadable, match="no git repository"):
        opened(tmp_path / "r", tmp_path / "s")


def test_references_in_another_form_are_not_passed_over(repository: Path, tmp_path: Path) -> None:
    (repository / ".git/config").write_text("[extensions]\n\trefStorage = reftable\n")
    with pytest.raises(history.Unreadable, match="reftable"):
        opened(repository, tmp_path / "s")


def test_links_in_place_of_references_are_not_followed(repository: Path, tmp_path: Path) -> None:
    commit(repository, 1, a="one")
    (repository / ".git/refs/heads/evil").symlink_to("/etc/passwd")
    (repository / ".git/HEAD").unlink()
    (repository / ".git/HEAD").symlink_to("/etc/passwd")
    (tmp_path / "s").mkdir()
    with pytest.raises(history.Unreadable):
        history.open_(repository / ".git", tmp_path / "s")


def test_a_shallow_clone_is_read_as_far_as_it_goes(repository: Path, tmp_path: Path) -> None:
    commit(repository, 1, a="one")
    commit(repository, 2, a="two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "clone")
    _, versions = opened(tmp_path / "clone", tmp_path / "s")
    assert list(versions) == [b"two"]
    assert all(versions.values())
