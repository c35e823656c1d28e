"""Who may read and change a bot's files, what git keeps of them, and what a directory may be made to break with."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from ringfence.audit.bot.bot import Owner, look
from ringfence.audit.bot.judge import judge
from tests.audit.bot.trees import SECRET, found, gaps, lay, of_rule, said

SOON = 5  # seconds, on a machine that does other things as well; each takes a tenth of one
CONFIG = '{"stake_currency": "USDT", "dry_run": true, "telegram": {"enabled": false, "token": "{secret}"}}'
MODES = [
    (0o600, False),
    (0o400, False),
    (0o644, True),
    (0o604, True),
    (0o602, True),
    (0o666, True),
]


@pytest.mark.parametrize(("mode", "wrong"), MODES)
def test_who_may_read_a_file_with_a_secret_decides(mode: int, wrong: bool, tmp_path: Path) -> None:
    lay(tmp_path, {"user_data/config.json": CONFIG})
    (tmp_path / "user_data/config.json").chmod(mode)
    assert bool(of_rule(tmp_path, "secret-file-open")) == wrong


GROUPS = [(0o640, True), (0o660, True), (0o620, True), (0o600, False)]


@pytest.mark.parametrize(("mode", "wrong"), GROUPS)
def test_a_group_that_others_may_be_in_is_others(mode: int, wrong: bool, tmp_path: Path) -> None:
    lay(tmp_path, {"config.json": CONFIG})
    path = tmp_path / "config.json"
    path.chmod(mode)
    bot = look(tmp_path, None, top=tmp_path)
    entry = bot.files.entries["config.json"]
    for gid, expected in ((entry.uid, False), (entry.uid + 1, wrong)):
        bot.files.entries["config.json"] = type(entry)(entry.path, entry.mode, entry.uid, gid, entry.size, entry.shut)
        assert any(getattr(one, "rule", "") == "bot/secret-file-open" for one in judge(bot)) == expected


def test_a_file_of_root_that_the_bots_group_may_only_read_is_well_kept(tmp_path: Path) -> None:
    lay(tmp_path, {"config.json": CONFIG})
    bot = look(tmp_path, Owner("bot", 1_000_001, frozenset({1_000_002})), top=tmp_path)
    entry = bot.files.entries["config.json"]
    for mode, wrong in ((0o100640, False), (0o100660, True), (0o100644, True)):
        bot.files.entries["config.json"] = type(entry)("config.json", mode, 0, 1_000_002, entry.size, entry.shut)
        assert any(getattr(one, "rule", "") == "bot/secret-file-open" for one in judge(bot)) == wrong


def test_a_directory_that_shuts_others_out_guards_what_lies_in_it(tmp_path: Path) -> None:
    lay(tmp_path, {"user_data/config.json 604": CONFIG})
    assert of_rule(tmp_path, "secret-file-open")
    (tmp_path / "user_data").chmod(0o750)
    assert of_rule(tmp_path, "secret-file-open") == []


@pytest.mark.parametrize("path", ["user_data", "user_data/deep", "."])
def test_a_directory_above_that_all_may_write_is_found(path: str, tmp_path: Path) -> None:
    lay(tmp_path, {"user_data/deep/config.json": CONFIG})
    (tmp_path / path).chmod(0o777)
    assert of_rule(tmp_path, "settings-writable") == [(path, 0)]
    (tmp_path / path).chmod(0o1777)
    assert of_rule(tmp_path, "settings-writable") == []


@pytest.mark.parametrize(
    "path", ["user_data/config.json", "docker-compose.yml", "bot.service", "start.sh", "nginx.conf"]
)
def test_a_file_that_the_bot_goes_by_and_all_may_write_is_found(path: str, tmp_path: Path) -> None:
    lay(tmp_path, {f"{path} 644": '{"dry_run": true}' if "config" in path else "# services: proxy_pass"})
    assert of_rule(tmp_path, "settings-writable") == []
    (tmp_path / path).chmod(0o646)
    assert of_rule(tmp_path, "settings-writable") == [(path, 0)]


HOLD = [
    ("user_data/config.json", CONFIG, True),
    (
        "user_data/config.json",
        '{"stake_currency": "USDT", "dry_run": true, "exchange": {"key": "", "secret": ""}}',
        False,
    ),
    ("user_data/config.json", '{"dry_run": true, "exchange": {"key": "{virtual_key}", "pair_whitelist": []}}', True),
    (".env", "BINANCE_API_KEY={virtual_key}", True),
    (".env", "APP_PORT=9000", False),
    ("api-keys.json", "{}", True),
    ("conf/connectors/binance.yml", "a: b", True),
    ("conf/.password_verification", "00", True),
    ("user/config.json", '{"services": {"web": {"require-password": true, "password": "{secret}"}}}', True),
    ("certs/server.pem", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n", True),
    ("certs/ca.pem", "-----BEGIN CERTIFICATE-----\nMC4=\n-----END CERTIFICATE-----\n", False),
    ("conf/conf_client.yml", "mqtt_bridge: {mqtt_password: {secret}}", True),
    ("docker-compose.yml", "services: {a: {environment: [TOKEN={secret}]}}", True),
    ("docker-compose.yml", "services: {a: {environment: ['TOKEN=${T:?}']}}", False),
]


@pytest.mark.parametrize(("path", "text", "secret"), HOLD)
def test_which_files_have_a_secret_is_known(path: str, text: str, secret: bool, tmp_path: Path) -> None:
    lay(tmp_path, {f"{path} 644": text})
    assert of_rule(tmp_path, "secret-file-open") == ([(path, 0)] if secret else [])


STRATEGIES = [
    ({"user_data/config.json": CONFIG}, "user_data/strategies/a.py"),
    ({"user_data/config.json": CONFIG}, "user_data/strategies/deep/er/a.py"),
    ({"user_data/config.json": CONFIG}, "user_data/freqaimodels/a.py"),
    ({"conf/conf_client.yml": "a: b"}, "scripts/a.py"),
    (
        {"user/config.json": '{"services": {"web": {"require-password": true, "password": "{secret}"}}}'},
        "tentacles/a.py",
    ),
    ({"compose.yml": "services: {jesse: {image: salehmir/jesse:1}}"}, "strategies/A/__init__.py"),
]


@pytest.mark.parametrize(("files", "strategy"), STRATEGIES)
def test_who_may_change_the_code_that_trades_decides(files: dict[str, str], strategy: str, tmp_path: Path) -> None:
    lay(tmp_path, {**files, f"{strategy} 644": "class A: ..."})
    assert of_rule(tmp_path, "strategies-writable") == []
    (tmp_path / strategy).chmod(0o646)
    assert of_rule(tmp_path, "strategies-writable") == [(strategy, 0)]
    (tmp_path / strategy).chmod(0o644)
    (tmp_path / strategy).parent.chmod(0o777)
    assert of_rule(tmp_path, "strategies-writable") == [(strategy.rpartition("/")[0], 0)]


def test_a_bot_that_may_change_its_own_code_is_found_where_its_user_is_given(tmp_path: Path) -> None:
    lay(tmp_path, {"user_data/config.json": CONFIG, "user_data/strategies/a.py 644": "class A: ..."})
    me, other = Owner("me", os.getuid(), frozenset()), Owner("other", os.getuid() + 1, frozenset())
    assert [one.text for one in found(tmp_path, me) if one.rule == "bot/strategies-writable"] == [
        "the bot itself may change the code that trades: `chown -R root:me user_data/strategies`"
    ]
    assert [one for one in found(tmp_path, other) if one.rule == "bot/strategies-writable"] == []


def test_who_may_read_the_log_decides(tmp_path: Path) -> None:
    for path, told in (
        ("user_data/logs/a.log", "user_data/logs"),
        ("logs/errors.txt", "logs"),
        ("bot.log.1", "bot.log.1"),
    ):
        root = tmp_path / path.replace("/", "-")
        root.mkdir()
        lay(root, {path: "started", ".env": "A=1"})
        assert of_rule(root, "log-open") == []
        (root / path).chmod(0o644)
        assert of_rule(root, "log-open") == [(told, 0)]


def git(root: Path, *words: str) -> None:
    """Run git in a repository of the test's own."""
    named = ("-c", "user.name=t", "-c", "user.email=t@example.net")
    subprocess.run(["git", *named, *words], cwd=root, check=True, capture_output=True)


def test_what_git_keeps_or_would_keep_is_found(tmp_path: Path) -> None:
    lay(tmp_path, {".env": "TOKEN={secret}"})
    assert of_rule(tmp_path, "secret-in-git") == []  # no repository
    git(tmp_path, "init")
    assert [one.subject for one in found(tmp_path) if one.rule == "bot/secret-in-git"] == ["not ignored"]
    (tmp_path / ".gitignore").write_text("*.env\n!keep\n/.env\n")
    assert of_rule(tmp_path, "secret-in-git") == []
    (tmp_path / ".gitignore").write_text(".env\n!.env\n")
    assert of_rule(tmp_path, "secret-in-git") == [(".env", 0)]
    git(tmp_path, "add", ".env")
    (tmp_path / ".gitignore").write_text(".env\n")
    assert [one.subject for one in found(tmp_path) if one.rule == "bot/secret-in-git"] == ["tracked"]


def test_what_a_repository_excludes_on_this_machine_alone_is_excluded(tmp_path: Path) -> None:
    lay(tmp_path, {".env": "TOKEN={secret}"})
    git(tmp_path, "init")
    (tmp_path / ".git/info/exclude").write_text(".env\n")
    assert said(tmp_path) == []


def test_a_bot_in_a_directory_of_a_repository_is_asked_about_as_well(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / "bot").mkdir()
    lay(tmp_path / "bot", {".env": "TOKEN={secret}"})
    assert of_rule(tmp_path / "bot", "secret-in-git") == [(".env", 0)]


def test_a_repository_that_makes_git_run_a_program_runs_none(tmp_path: Path) -> None:
    lay(tmp_path, {".env": "TOKEN={secret}"})
    git(tmp_path, "init")
    mark = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    with (tmp_path / ".git/config").open("a") as config:
        config.write(f"[core]\n\tfsmonitor = {program}\n\tpager = {program}\n[alias]\n\tls-files = !{program}\n")
    assert of_rule(tmp_path, "secret-in-git") == [(".env", 0)]
    assert not mark.exists()


def test_a_repository_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    lay(tmp_path, {".env": "TOKEN={secret}", ".git/index": "no index of git's"})
    assert [one.place.path for one in gaps(tmp_path)] == [".git"]
    (tmp_path / ".git/index").unlink()
    (tmp_path / ".git").rmdir()
    (tmp_path / ".git").write_text("gitdir: /elsewhere")
    assert [one.place.path for one in gaps(tmp_path)] == [".git"]


def test_a_directory_without_a_bot_is_no_pass(tmp_path: Path) -> None:
    lay(tmp_path, {"README.md": "nothing"})
    assert ["no settings of a bot" in one.why for one in gaps(tmp_path)] == [True]


HOSTILE = {
    "a large file": ("user_data/config.json", '{"dry_run": true, "x": "' + "a" * (2 << 20) + '"}'),
    "deep JSON": ("config.json", '{"dry_run": true, "a":' + "[" * 50_000 + "]" * 50_000 + "}"),
    "deep YAML": ("docker-compose.yml", "services: " + "[" * 50_000),
    "deep blocks of YAML": ("docker-compose.yml", "services:\n" + "".join(" " * n + "a:\n" for n in range(1, 500))),
    "deep Python": ("jupyter_server_config.py", "c.A.b = " + "(" * 20_000 + ")" * 20_000),
    "deep nginx": ("nginx.conf", "proxy_pass {" * 20_000),
    "many values of YAML": ("docker-compose.yml", "services: [" + "a," * 200_000 + "]"),
    "variables that grow": (
        ".env",
        "A=" + "a" * 9_000 + "\n" + "".join(f"A=${{A}}${{A}}{'b' * n}\n" for n in range(1, 20)),
    ),
    "variables in variables": ("docker-compose.yml", "services: {a: {image: '" + "${A:-" * 500 + "}" * 500 + "'}}"),
    "no text": ("config.json", '{"dry_run": true}\udcff'),
    "a zero byte": ("user_data/config.json", '{"dry_run": true}\0{"dry_run": false}'),
    "bare words": ("config.json", '{"dry_run": TRUE}'),
}


@pytest.mark.parametrize(("path", "text"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_made_to_break_a_reader_is_unknown_and_soon_done(path: str, text: str, tmp_path: Path) -> None:
    target = tmp_path / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode("utf-8", "surrogateescape"))
    begun = time.monotonic()
    assert gaps(tmp_path)
    assert time.monotonic() - begun < SOON


def test_a_hundred_megabytes_are_not_read(tmp_path: Path) -> None:
    with (tmp_path / "config.json").open("wb") as file:
        file.write(b'{"dry_run": true, "a": "')
        file.truncate(100 << 20)
    begun = time.monotonic()
    assert ["no file of settings" in one.why for one in gaps(tmp_path)] == [True]
    assert time.monotonic() - begun < SOON


BOMB = "a: &a [x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)
MERGED = "a: &a {k: v}\n" + "".join(
    f"{b}: &{b} {{<<: [{','.join([f'*{a}'] * 100)}]}}\n" for a, b in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
)


MANY = [
    BOMB + "services: *j\n",
    BOMB + "services: {a: {image: a, x: *j}}\n",
    BOMB + "services: {a: {image: a, environment: {X_TOKEN: *j}, ports: *j}}",
    MERGED + "services: *n\n",
]


@pytest.mark.parametrize("text", MANY)
def test_aliases_that_multiply_are_soon_done(text: str, tmp_path: Path) -> None:
    lay(tmp_path, {"docker-compose.yml": text})
    begun = time.monotonic()
    assert said(tmp_path)
    assert time.monotonic() - begun < SOON


def test_files_that_include_one_another_ten_times_each_are_soon_done(tmp_path: Path) -> None:
    names = [f"compose-{n}.yml" for n in range(8)]
    for here, there in zip(names, [*names[1:], names[0]], strict=True):
        lay(tmp_path, {here: "include: [" + ",".join([there] * 10) + "]\nservices: {a: {image: a}}\n"})
    begun = time.monotonic()
    assert gaps(tmp_path)
    assert time.monotonic() - begun < SOON


def test_a_pipe_a_link_and_what_cannot_be_entered_are_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    (tmp_path / "user_data").symlink_to("/etc")
    (tmp_path / "a.json").symlink_to("b.json")  # to nothing
    assert {one.place.path for one in gaps(tmp_path)} == {"config.json", "user_data"}


def test_a_link_inside_stands_for_what_it_leads_to(tmp_path: Path) -> None:
    lay(tmp_path, {"kept/secret.txt": '{"dry_run": true, "force_entry_enable": true}'})
    (tmp_path / "config.json").symlink_to("kept/secret.txt")
    assert of_rule(tmp_path, "force-entry") == [("config.json", 1)]


SKIPPED = [("node_modules/config.json", True), (".git/config.json", True), (".venv/config.json", False)]


@pytest.mark.parametrize(("path", "skipped"), SKIPPED)
def test_packages_of_others_are_skipped_and_a_name_alone_is_none(path: str, skipped: bool, tmp_path: Path) -> None:
    lay(tmp_path, {path: '{"dry_run": true, "force_entry_enable": true}'})
    assert (of_rule(tmp_path, "force-entry") == []) == skipped


def test_a_virtual_environment_is_skipped(tmp_path: Path) -> None:
    lay(tmp_path, {".venv/pyvenv.cfg": "", ".venv/config.json": '{"dry_run": true, "force_entry_enable": true}'})
    assert of_rule(tmp_path, "force-entry") == []


def test_a_directory_of_usual_size_takes_no_time(tmp_path: Path) -> None:
    lay(tmp_path, {"user_data/config.json": CONFIG})
    data = tmp_path / "user_data/data"
    data.mkdir()
    for number in range(2_000):
        (data / f"{number}.feather").touch()
    begun = time.monotonic()
    assert said(tmp_path) == []
    assert time.monotonic() - begun < SOON


def test_no_text_of_a_gap_shows_a_value(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {
            ".env": "{secret} what\n",
            "config.json": '{"dry_run": {secret}}',
            "x/compose.yml": "services: {a: {ports: [{secret}]}}",
        },
    )
    assert {one.place.path for one in gaps(tmp_path)} == {".env", "config.json", "x/compose.yml"}
    assert not [one for one in gaps(tmp_path) if SECRET[:8] in one.why]
