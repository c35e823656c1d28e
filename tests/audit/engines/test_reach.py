"""What may be opened to an engine, and when it is not asked at all."""

import sys
from pathlib import Path

import pytest

from ringfence.audit.engines import reach
from ringfence.audit.engines.table import BY_NAME
from tests.audit.engines.fake import Ground, whys

GITLEAKS = BY_NAME["gitleaks"]


def script(path: Path, first: str) -> Path:
    """Write a script with a first line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{first}\n")
    path.chmod(0o755)
    return path


def test_a_program_in_a_home_opens_itself_and_not_the_home(place: Path) -> None:
    path = script(place / "home" / "bin" / "gitleaks", "\x7fELF")
    assert list(reach.program(path)) == [path]


def test_a_script_opens_its_interpreter_with_its_library_and_its_environments(place: Path) -> None:
    base, venv = place / "base", place / "venv"
    real = script(base / "bin" / "python3.11", "\x7fELF")
    for folder in (base / "lib" / "python3.11", base / "lib" / "other", venv / "lib" / "python3.11"):
        folder.mkdir(parents=True)
    (base / "keys").touch()
    (venv / "pyvenv.cfg").touch()
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(real)
    path = script(venv / "bin" / "hexora", f"#!{venv}/bin/python -I")
    assert [one for one in reach.program(path) if one.exists()] == [
        path, real, venv / "pyvenv.cfg", venv / "lib" / "python3.11", base / "lib" / "python3.11",
    ]  # fmt: skip


def test_an_interpreter_by_env_is_looked_for_beside_the_script(place: Path) -> None:
    python = script(place / "bin" / "python9", "\x7fELF")
    path = script(place / "bin" / "hexora", "#!/usr/bin/env python9")
    assert python in list(reach.program(path))


def test_the_program_in_a_package_is_taken_before_its_wrapper(place: Path) -> None:
    script(place / "venv" / "bin" / "gitleaks", f"#!{sys.executable}")
    inside = script(place / "venv/lib/python3.11/site-packages" / GITLEAKS.inside, "\x7fELF")
    assert reach.locate(GITLEAKS, [place / "venv" / "bin"]) == reach.Found(GITLEAKS, inside)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PATH": "/usr/bin:/bin"}, ["/usr/bin", "/bin"]),
        ({"PATH": "/usr/bin", "RINGFENCE_ENGINES": "/opt/engines"}, ["/opt/engines"]),
        ({"PATH": ".:bin::/bin:../x"}, ["/bin"]),
        ({"PATH": "/bin", "RINGFENCE_ENGINES": ""}, ["/bin"]),
        ({}, []),
    ],
)
def test_engines_are_looked_for_where_it_is_said_and_never_where_one_is(
    environment: dict[str, str], told: list[str]
) -> None:
    assert [str(path) for path in reach.directories(environment)] == told


def test_a_file_that_is_no_program_is_not_taken(place: Path) -> None:
    (place / "gitleaks").touch()
    (place / "other" / "gitleaks").mkdir(parents=True)
    assert reach.locate(GITLEAKS, [place, place / "other"]) is None


def test_an_engine_that_lies_in_what_it_should_judge_is_not_asked(ground: Ground) -> None:
    ground.prints("[]")
    (ground.top / "bin").rename(ground.target / "bin")
    (ground.top / "bin").symlink_to(ground.target / "bin")
    (why,) = whys(ground.ask())
    assert why.endswith("/bin/gitleaks is part of what it should judge")


@pytest.mark.parametrize("target", ["", "home", "home/vault", "linked"])
def test_no_engine_comes_near_the_deployment(ground: Ground, target: str) -> None:
    ground.prints("[]")
    (ground.top / "linked").symlink_to(ground.home)
    told = whys(ground.ask(target=ground.top / target))
    assert len(told) == 1
    assert "the deployment in" in told[0] or "part of what it should judge" in told[0]


def test_a_home_within_the_target_is_found_whatever_is_beside_it(ground: Ground) -> None:
    ground.prints("[]")
    ground.home.rename(ground.target / "home")
    (ground.top / "home").symlink_to(ground.target / "home")
    (why,) = whys(ground.ask())
    assert "the deployment in" in why


def test_another_deployments_vault_in_the_target_is_not_opened_either(ground: Ground) -> None:
    ground.prints("[]")
    other = ground.target / "old" / "ringfence"
    other.mkdir(parents=True)
    (other / "vault").write_bytes(b"RINGVLT\nsealed")
    assert whys(ground.ask()) == ["gitleaks was not asked: there is a vault in old/ringfence/vault"]
    (other / "vault").write_bytes(b"another kind of file")
    assert ground.ask() == ()


def test_an_engine_in_the_deployment_would_open_it_and_is_not_asked(ground: Ground) -> None:
    ground.engine("print('[]')")
    (ground.top / "bin" / "gitleaks").rename(ground.home / "gitleaks")
    (ground.top / "bin" / "gitleaks").symlink_to(ground.home / "gitleaks")
    (why,) = whys(ground.ask())
    assert "the deployment in" in why


@pytest.mark.parametrize(("paths", "told"), [(["~"], True), (["/"], True), (["~/bin/gitleaks"], False), ([], False)])
def test_nobodys_whole_home_is_opened_for_a_program(paths: list[str], told: bool) -> None:
    assert bool(reach.wide(Path(path).expanduser() for path in paths)) is told
