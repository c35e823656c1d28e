"""The score: corpora are the same for the same seed, what is said of them is true, and counting is right."""

import ast
import json
import re
import sys
from pathlib import Path
from random import Random  # noqa: TID251  # the corpora are drawn from a seed

import pytest

from ringfence.audit.rules import RULES
from tests.bench.score import corpus, counting, families, scanning, speed, texts, values
from tests.bench.score.contexts import CONTEXTS, UNSEEN
from tests.bench.score.counting import Count
from tests.bench.score.families import Families
from tests.bench.score.hits import ALARM, Hit, NotRun, Ran
from tests.bench.score.kinds import KINDS
from tests.bench.score.lookalikes import LOOKALIKES
from tests.bench.score.measures import Aim
from tests.bench.score.packages import LEGITIMATE, PINS, SQUATS
from tests.bench.score.truth import Case, Lookalike, Package, Secret, Truth

FAMILIES: Families = {"code/withdraw": frozenset({"money-out"}), "deps/name": frozenset({"name"})}
ADVISED: Families = {"deps/advisory": frozenset({"advisory"})}
HOST = re.compile(r"(?:https?|wss?)://([\w.-]+)")
CODE_FILES = ("malicious", "risky", "benign", "evasions")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """Draw everything once, from a seed that is not the frozen one."""
    folder = tmp_path_factory.mktemp("drawn")
    return folder, corpus.write(folder, 7)


def _written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _some(folder: Path, seed: str) -> dict[str, bytes]:
    corpus.secrets_a(folder / "a", Random(seed), {"log line": CONTEXTS["log line"]})
    corpus.secrets_b(folder / "b", Random(seed))
    corpus.code(folder / "code", seed, ("malicious",))
    return _written(folder)


def test_the_same_seed_writes_the_same_files_and_another_seed_writes_others(tmp_path: Path) -> None:
    first = _some(tmp_path / "first", "7")
    assert _some(tmp_path / "again", "7") == first
    common = set(_some(tmp_path / "other", "8").values()) & set(first.values())
    assert not {path for path, text in first.items() if text in common and path.startswith(("a/", "b/"))}
    assert len(common) < 10  # of code, what has nothing in it to draw: an index.js, an __init__.py


def test_every_corpus_is_as_large_as_the_targets_say(drawn: tuple[Path, Truth]) -> None:
    _, truth = drawn
    labels = [case.label for case in truth.code]
    assert len(truth.secrets_a) == 13 * 11 * 10
    assert len(truth.secrets_unseen) == 13 * 3 * 10
    assert (len(KINDS), len(truth.secrets_b)) == (30, 150)
    assert (len(LOOKALIKES), len(truth.secrets_c)) == (20, 200)
    assert [labels.count(each) for each in ("malicious", "risky", "benign")] == [28, 12, 40]
    assert len(truth.evasions) == 20
    assert (len(SQUATS), len(PINS)) == (17, 8)
    assert not set(SQUATS) & set(LEGITIMATE)


def test_the_frozen_corpora_have_no_context_that_rule_authors_must_not_see() -> None:
    assert not corpus.unseen(corpus.FROZEN)
    assert corpus.unseen(7) == UNSEEN
    assert not CONTEXTS.keys() & UNSEEN.keys()


@pytest.mark.parametrize("room", ["secrets-a", "secrets-unseen", "secrets-b"])
def test_every_planted_secret_stands_on_the_lines_that_are_named(drawn: tuple[Path, Truth], room: str) -> None:
    folder, truth = drawn
    planted = {"secrets-a": truth.secrets_a, "secrets-unseen": truth.secrets_unseen, "secrets-b": truth.secrets_b}
    for each in planted[room]:
        lines = (folder / room / each.path).read_text("utf-8").split("\n")
        assert each.lines, each
        assert all(len(lines[number - 1]) > 8 for number in each.lines), each


def test_lines_are_found_whole_in_pieces_and_escaped() -> None:
    assert corpus.standing("a\nkey=abcdefgh\n", ("abcdefgh",)) == (2,)
    assert corpus.standing("'abc'\n+ 'def'\nx", ("abc", "def")) == (1, 2)
    assert corpus.standing('x\n"A\\\\nB"', ("A\nB", "A\\nB")) == (2,)
    assert corpus.standing("nothing", ("abc",)) == ()


@pytest.mark.parametrize("exchange", values.EXCHANGES)
def test_keys_have_the_shape_that_their_exchange_gives_out(exchange: str) -> None:
    sizes = {
        "binance": (64, 64),
        "bybit": (18, 36),
        "okx": (36, 32),
        "kraken": (56, 88),
        "kucoin": (24, 36),
        "gate": (32, 64),
        "bitget": (35, 64),
        "mexc": (18, 32),
        "bitfinex": (43, 43),
        "deribit": (8, 43),
        "bitmex": (24, 48),
        "htx": (34, 32),
    }
    pair = values.pair(Random(3), exchange)
    if exchange == "coinbase":
        assert pair.key.startswith("organizations/")
    else:
        assert (len(pair.key), len(pair.secret)) == sizes[exchange]
    assert bool(pair.passphrase) == (exchange in {"okx", "kucoin", "bitget"})


def test_a_mnemonic_has_the_checksum_of_its_words() -> None:
    # the first vector of BIP-39: entropy of zeros ends in "about"
    class Zeros(Random):
        def randbytes(self, n: int) -> bytes:
            return bytes(n)

    assert values.mnemonic(Zeros(), 12) == " ".join(["abandon"] * 11 + ["about"])
    assert values.mnemonic(Zeros(), 24) == " ".join(["abandon"] * 23 + ["art"])


@pytest.mark.parametrize("name", CODE_FILES)
def test_every_case_is_code_and_its_reasons_are_families(name: str) -> None:
    for template in texts.templates(texts.CASES / f"{name}.case"):
        assert set(template.reasons) <= families.CODE
        assert bool(template.reasons) == (template.label != "benign")
        for seed in range(8):
            for path, text in texts.tell(template, Random(seed)).items():
                assert "%%" not in text
                assert "<<" not in text
                if path.endswith(".py") and template.name != "in-a-file-that-does-not-parse":
                    ast.parse(text)
                if path.endswith(".json"):
                    json.loads(text)


def test_no_case_names_a_host_that_somebody_could_own(drawn: tuple[Path, Truth]) -> None:
    known = {
        *("api.telegram.org", "discord.com", "api.mainnet-beta.solana.com", "quote-api.jup.ag", "127.0.0.1"),
        *("localhost", "api.binance.com", "api.bybit.com", "api.kraken.com", "api.mexc.com", "data.binance.vision"),
        *("api.huobi.pro", "stream.binance.com", "ws.okx.com"),
    }
    folder, _ = drawn
    for room in ("code", "evasions"):
        for path, text in _written(folder / room).items():
            for host in HOST.findall(text.decode("utf-8", "replace")):
                assert host in known or host.endswith((".example", ".invalid", ".test")) or _documented(host), path


def _documented(host: str) -> bool:
    return host.startswith(("192.0.2.", "198.51.100.", "203.0.113."))


def hit(path: str, line: int = 1, rule: str = "code/withdraw", level: str = "high", subject: str = "") -> Hit:
    return Hit(path, line, rule, level, subject)


def test_a_secret_counts_only_where_its_line_is_pointed_at() -> None:
    secrets = (Secret("1/a", (3, 4), "log"), Secret("2/a", (1,), "log"), Secret("3/a", (1,), "yaml"))
    found = [hit("1/a", 4), hit("2/a", 2), hit("2/a", 0), hit("3/a", 1, level="info"), hit("9/a")]
    assert counting.recall(secrets, found) == Count(1, 3, ("log", "yaml"))
    assert counting.recall(secrets, []).number == 0


def test_a_look_alike_counts_once_however_often_it_is_flagged() -> None:
    files = (Lookalike("1/a", "mints"), Lookalike("2/a", "hashes"))
    assert counting.flagged(files, [hit("1/a"), hit("1/a", 2), hit("2/a", level="info")]) == Count(1, 2, ("mints",))


def test_the_same_value_counts_once_wherever_it_stands() -> None:
    found = [hit("p/a", 1, subject="x"), hit("q/b", 9, subject="x"), hit("p/a", 1), hit("p/a", 2), hit("p/a", 2)]
    assert counting.values(found).number == 3


def test_a_case_counts_only_at_its_level_and_for_its_reason() -> None:
    cases = tuple(Case(f"{number:02}", f"c{number}", "malicious", ("money-out",)) for number in range(4))
    found = [
        hit("00/a.py", level="critical"),
        hit("01/a.py", level="high"),
        hit("02/a.py", level="critical", rule="code/other"),
        hit("03/b.zip!/a.py", level="critical"),
    ]
    count = counting.right(cases, "malicious", found, frozenset({"critical"}), FAMILIES)
    assert count == Count(2, 4, ("c1", "c2"))
    assert counting.right(cases, "risky", found, ALARM, FAMILIES) == Count(0, 0)


def test_a_benign_case_that_raises_an_alarm_is_named() -> None:
    cases = (Case("00", "quiet", "benign", ()), Case("01", "loud", "benign", ()))
    assert counting.alarmed(cases, "benign", [hit("01/a.py", level="medium"), hit("00/a.py", level="low")]) == Count(
        1, 2, ("loud",)
    )


def test_a_package_is_accused_by_a_critical_hit_alone() -> None:
    found = [hit("ccxt/a.py", level="high"), hit("jesse/a.py", level="critical"), hit("jesse/b.py", level="critical")]
    assert counting.accused(found) == Count(1, 0, ("jesse: code/withdraw",))


def test_names_and_pins_are_counted_by_the_rules_that_are_about_them() -> None:
    packages = (
        Package("s/r", "ccxtt", "squat"),
        Package("l/r", "ccxt", "legitimate"),
        Package("p/r", "jinja2", "pin", ("PYSEC-1", "PYSEC-2")),
    )
    named = [hit("s/r", rule="deps/name", level="low"), hit("l/r", rule="deps/name", level="medium")]
    assert counting.caught(packages, named, FAMILIES) == Count(1, 1)
    assert counting.blocked(packages, named, FAMILIES).number == 0
    assert counting.blocked(packages, [hit("l/r", rule="deps/name")], FAMILIES) == Count(1, 1, ("ccxt",))
    half = [Hit("p/r", 1, "deps/advisory", "high", "jinja2 2.0", "PYSEC-1")]
    assert counting.vulnerable(packages, half, ADVISED) == Count(0, 1, ("jinja2",))
    assert (
        counting.vulnerable(packages, [*half, Hit("p/r", 1, "deps/advisory", "high", "PYSEC-2")], ADVISED).number == 1
    )


def test_silence_about_an_old_pin_is_a_wrong_clean_and_a_confession_is_not() -> None:
    packages = (Package("p/r", "jinja2", "pin", ("PYSEC-1",)),)
    assert counting.wrongly_clean(packages, [], (), ADVISED) == Count(1, 1, ("jinja2",))
    assert counting.wrongly_clean(packages, [hit("p/r", rule="deps/unhashed")], (), ADVISED).number == 1
    assert counting.wrongly_clean(packages, [], ("p/r",), ADVISED).number == 0
    assert counting.wrongly_clean(packages, [hit("p/r", rule="deps/advisory")], (), ADVISED).number == 0


def test_aims_hold_on_their_boundary_and_not_beyond() -> None:
    assert Aim(0.97, share=True).kept(Count(97, 100))
    assert not Aim(0.97, share=True).kept(Count(96, 100))
    assert Aim(2, least=False).kept(Count(2, 200))
    assert not Aim(2, least=False).kept(Count(3, 200))
    assert not Aim(0.97, share=True).kept(Count(0, 0))


def test_the_table_of_families_can_be_read_and_refuses_a_family_that_is_none(tmp_path: Path) -> None:
    assert "ringfence" in families.load()
    wrong = tmp_path / "families.toml"
    wrong.write_text('[ringfence]\n"code/x" = "money-uot"\n', "utf-8")
    with pytest.raises(ValueError, match="code/x"):
        families.load(wrong)


def test_a_rule_that_no_table_knows_is_said() -> None:
    assert families.unknown((hit("a"), hit("a", rule="code/new")), FAMILIES) == {"code/new"}


def _program(tmp_path: Path, text: str) -> tuple[str, ...]:
    script = tmp_path / "fake.py"
    script.write_text(text, "utf-8")
    return (sys.executable, str(script))


def test_what_our_command_prints_is_read(tmp_path: Path) -> None:
    report = {
        "findings": [
            {"rule": "code/x", "severity": "high", "place": {"path": "a/b.py", "line": 3, "commit": ""}, "more": 1}
        ],
        "unanswered": [{"place": {"path": "a/c.py"}, "why": "too long"}],
        "else": 1,
    }
    command = _program(tmp_path, f"import sys\nprint({json.dumps(report)!r})\nsys.exit(1)\n")
    scan = scanning.audit("code", tmp_path, command=command)
    assert isinstance(scan, Ran)
    assert (scan.hits, scan.unanswered) == ((Hit("a/b.py", 3, "code/x", "high"),), ("a/c.py",))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import sys; print('no such command', file=sys.stderr); sys.exit(2)", "exit 2: no such command"),
        ("print('{')", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_scan_that_fails_is_not_run_and_never_nothing_found(tmp_path: Path, text: str, why: str) -> None:
    scan = scanning.audit("code", tmp_path, command=_program(tmp_path, text))
    assert isinstance(scan, NotRun)
    assert why in scan.why
    assert isinstance(scanning.audit("code", tmp_path, command=("/no/such/program",)), NotRun)


def test_speed_sees_the_memory_of_children_too(tmp_path: Path) -> None:
    child = "import time; held = bytes([1]) * 90_000_000; time.sleep(0.6)"
    text = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n"
    took = speed.measure(tmp_path, _program(tmp_path, text))
    assert isinstance(took, speed.Speed)
    assert took.megabytes > 85
    assert took.seconds > 0.5


def test_every_rule_of_code_and_of_parts_has_a_family_in_the_table() -> None:
    judged = {rule.id for rule in RULES if not rule.id.startswith(("secrets/", "host/", "bot/"))}
    assert judged - families.load()["ringfence"].keys() == set()
