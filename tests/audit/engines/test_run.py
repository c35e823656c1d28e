"""What engines print, and how they end, put into our words: never a pass where they looked at nothing."""

import json
import time

import pytest

from ringfence.audit.engines import child, rules, run
from ringfence.audit.engines.table import BY_NAME, ENGINES, Given
from ringfence.audit.finding import Finding, Place, Severity, Unanswered
from tests.audit.engines.fake import Ground, found, whys

SECRET = "Zk3vQ9xT7mB1nC5pL8rW2yD4fG6hJ0sA" * 2


def gitleaks(path: str, rule: str = "github-pat", line: object = 2, **more: object) -> dict[str, object]:
    """Write a finding as gitleaks 8.30.1 does."""
    told = {"RuleID": rule, "Description": "Uncovered a token.", "StartLine": line, "EndLine": line, "File": path}
    return told | {"Match": "REDACTED", "Secret": "REDACTED", "Tags": [], "Fingerprint": f"{path}:{rule}:{line}"} | more


def betterleaks(path: str, state: str = "complete", size: int = 404) -> str:
    """Write what betterleaks 2.0.0 does."""
    match = {"full": "REDACTED", "value": "REDACTED", "fingerprint": "3543c5"}
    location = {"path": path, "start_line": 3, "end_line": 3, "start_column": 10, "end_column": 49}
    finding = {"rule_id": "github-pat", "confidence": "high", "match": match, "location": location}
    scan = {"state": state, "bytes_scanned": size, "num_findings": 1}
    lines = ({"schema_version": "1", "finding": finding}, {"schema_version": "1", "scan": scan})
    return "".join(json.dumps(line) + "\n" for line in lines)


def hexora(path: str, confidence: str, start: int, rule: str = "HX4010") -> str:
    """Write a line as hexora 0.3.2 does."""
    told = {"path": path, "label": "exec", "rule": rule, "description": "Execution of code.", "confidence": confidence}
    return json.dumps(told | {"location_start": start, "location_end": start + 4}) + "\n"


def says(ground: Ground, *told: dict[str, object], code: int = 3) -> tuple[Finding | Unanswered, ...]:
    """Let a gitleaks say something; TARGET stands for the name by which it was given the target."""
    text = json.dumps(told)
    ground.engine(f"import sys; print({text!r}.replace('TARGET/', sys.argv[2])); sys.exit({code})")
    return ground.ask()


def test_gitleaks_is_put_into_our_words(ground: Ground) -> None:
    assert says(ground, gitleaks("TARGET/a.py")) == (
        Finding(
            "engine/gitleaks",
            Severity.MEDIUM,
            Place("a.py", 2),
            "gitleaks takes this for a secret: its rule github-pat says so",
            rules.RULES[0].fix,
            "github-pat",
        ),
    )


def test_gitleaks_is_told_to_obey_nothing_that_lies_in_the_target(ground: Ground) -> None:
    told = []
    for _ in range(2):
        ground.engine(
            "import json, os, sys\n"
            "if os.environ['GITLEAKS_CONFIG_TOML'].split() != ['[extend]', 'useDefault', '=', 'true']: sys.exit(1)\n"
            "here = sys.argv[sys.argv.index('--gitleaks-ignore-path') + 1]\n"
            "wanted = {'--ignore-gitleaks-allow', '--redact=100'}\n"
            "if os.listdir(here) or wanted - set(sys.argv): sys.exit(1)\n"
            "name = sys.argv[2].split('/')[-3]\n"
            "rule = name[:16] + '.' + name[16:]\n"
            "print(json.dumps([{'RuleID': rule, 'File': sys.argv[2] + 'a.py', 'StartLine': 1}])); sys.exit(3)"
        )
        told.append(ground.ask())
    names = [one.subject for answer in told for one in found(answer)]
    assert whys(told[0] + told[1]) == []
    assert len(set(names)) == 2  # by which it knows the target, and which no line of a `.gitleaksignore` can foresee
    assert {len(name) for name in names} == {33}


def test_betterleaks_is_put_into_our_words(ground: Ground) -> None:
    ground.prints(betterleaks(f"{ground.target}/a.py"), 3, "betterleaks")
    (one,) = ground.ask("betterleaks")
    assert isinstance(one, Finding)
    assert (one.rule, one.severity, one.place) == ("engine/betterleaks", Severity.MEDIUM, Place("a.py", 3))


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (betterleaks("TARGET/a.py", "incomplete"), "it did not say that its scan was complete"),
        (betterleaks("TARGET/a.py", size=0), "it read nothing of it"),
        (betterleaks("TARGET/a.py").splitlines()[0], "it did not say that its scan was complete"),
    ],
)
def test_betterleaks_that_did_not_look_at_all_of_it_has_not_passed(ground: Ground, output: str, why: str) -> None:
    ground.prints(output.replace("TARGET", str(ground.target)), 3, "betterleaks")
    assert whys(ground.ask("betterleaks")) == [f"betterleaks: {why}"]


@pytest.mark.parametrize(
    ("confidence", "severity"),
    [
        ("very_high", Severity.HIGH),
        ("high", Severity.MEDIUM),
        ("medium", Severity.LOW),
        ("low", Severity.LOW),
        ("critical", Severity.LOW),
    ],
)
def test_how_sure_hexora_is_is_how_bad_it_is(ground: Ground, confidence: str, severity: Severity) -> None:
    ground.prints(hexora(f"{ground.target}/a.py", confidence, 0), name="hexora")
    (one,) = ground.ask("hexora")
    assert isinstance(one, Finding)
    assert one.severity is severity


@pytest.mark.parametrize(
    ("start", "line"), [(0, 1), (7, 1), (8, 2), (15, 2), (16, 3), (25, 3), (26, 4), (10**9, 4), (-5, 1)]
)
def test_hexoras_bytes_become_lines(ground: Ground, start: int, line: int) -> None:
    ground.prints(hexora(f"{ground.target}/a.py", "low", start), name="hexora")
    (one,) = ground.ask("hexora")
    assert one.place == Place("a.py", line)


def test_many_findings_in_one_large_file_are_not_counted_from_its_start_each_time(ground: Ground) -> None:
    (ground.target / "a.py").write_bytes(b"\n" * (16 << 20))
    lines = (hexora(f"{ground.target}/a.py", "low", at * 1_000, f"HX{at}") for at in range(9_999))
    ground.prints("".join(lines), name="hexora")
    begun = time.process_time()
    told = ground.ask("hexora")
    assert len(found(told)) == 9_999
    assert time.process_time() - begun < 5


def test_a_target_that_is_one_file_has_its_own_name(ground: Ground) -> None:
    target = ground.target / "a.py"
    ground.prints(json.dumps([gitleaks(str(target))]), 3)
    (one,) = ground.ask(target=target)
    assert one.place == Place("a.py", 2)


def test_the_same_said_twice_is_once_and_a_second_one_of_a_rule_is_another(ground: Ground) -> None:
    told = says(ground, *(gitleaks("TARGET/a.py", line=line) for line in (3, 1, 1)))
    assert [(one.place.line, one.subject) for one in found(told)] == [(1, "github-pat"), (3, "github-pat#2")]
    assert len({one.fingerprint for one in found(told)}) == 2


@pytest.mark.parametrize("name", ["Match", "Secret", "Description", "Message", "Author", "Fingerprint", "Line"])
def test_a_secret_in_what_it_prints_goes_nowhere(ground: Ground, name: str) -> None:
    told = says(ground, gitleaks("TARGET/a.py", **{name: SECRET}))
    assert len(told) == 1
    assert SECRET[:8] not in repr(told)


@pytest.mark.parametrize(
    ("path", "rule"), [("TARGET/a.py", SECRET), (f"TARGET/{SECRET}", "github-pat"), (SECRET, "github-pat")]
)
def test_a_secret_in_the_place_of_a_name_goes_nowhere_either(ground: Ground, path: str, rule: str) -> None:
    told = says(ground, gitleaks(path, rule))
    assert [type(one) for one in told] == [Unanswered]
    assert SECRET[:8] not in repr(told)


def test_what_it_says_of_errors_is_not_repeated(ground: Ground) -> None:
    ground.engine(f"import sys; print('[]'); sys.stderr.write({SECRET!r} * 100_000)")
    told = ground.ask()
    assert whys(told) == ["gitleaks complained of something; what it did not say is not known"]


@pytest.mark.parametrize(
    "path",
    [
        "a.py", "/etc/passwd", "TARGET/../home/vault", "TARGET/", "TARGET/./a.py", "TARGET//a.py", "TARGET/none", "",
        "TARGET/folder", "TARGET/link", "TARGET/a.py\0", "TARGET/\udc80", "TARGET",
    ],
)  # fmt: skip
def test_a_place_that_is_not_a_file_of_the_target_is_not_believed(ground: Ground, path: str) -> None:
    (ground.target / "folder").mkdir()
    (ground.target / "link").symlink_to(ground.home / "vault")
    told = says(ground, gitleaks(path))
    assert found(told) == []
    assert len(whys(told)) >= 1


def test_a_name_with_escape_sequences_is_a_name_and_a_rule_with_them_is_none(ground: Ground) -> None:
    name = "\x1b]0;owned\x07\n[31m.py"
    (ground.target / name).write_text("x")
    told = says(ground, gitleaks(f"TARGET/{name}"), gitleaks("TARGET/a.py", "github\x1b[2J"))
    assert [one.place.path for one in found(told)] == [name]  # as it is: forms escape it
    assert "\x1b" not in "".join(whys(told))
    assert len(whys(told)) == 1


@pytest.mark.parametrize("line", [-1, 0, 1 << 40])
def test_a_line_that_no_file_has_does_no_harm(ground: Ground, line: int) -> None:
    (one,) = says(ground, gitleaks("TARGET/a.py", line=line))
    assert 0 <= one.place.line <= 1 << 31


ENDS = {
    "nothing found": ("[]", 0, []),
    "found, and says nothing": ("[]", 3, ["ended with code 3, which is not what it printed"]),
    "failed": ("[]", 1, ["failed with code 1"]),
    "an unknown option": ("", 126, ["it did not print a list of findings in JSON", "failed with code 126"]),
    "printed nothing": ("", 0, ["it did not print a list of findings in JSON"]),
    "garbage": ("%!\xff", 0, ["it did not print a list of findings in JSON"]),
    "cut off": ('[{"RuleID": "x", "Fi', 0, ["it did not print a list of findings in JSON"]),
    "another shape": ('{"findings": []}', 0, ["it did not print a list of findings in JSON"]),
    "null": ("null", 0, ["it did not print a list of findings in JSON"]),
    "too deep": ("[" * 200_000, 0, ["it did not print a list of findings in JSON"]),
}


@pytest.mark.parametrize("name", ENDS)
def test_only_what_is_understood_is_an_answer(ground: Ground, name: str) -> None:
    output, code, expected = ENDS[name]
    ground.prints(output, code)
    told = whys(ground.ask())
    assert len(told) == len(expected), told
    assert all(part in why for part, why in zip(expected, told, strict=True))


def test_findings_of_one_that_failed_stay_and_so_does_the_failure(ground: Ground) -> None:
    told = says(ground, gitleaks("TARGET/a.py"), code=1)
    assert len(found(told)) == 1
    assert whys(told) == ["gitleaks failed with code 1; what it did not say is not known"]


def test_one_that_crashes_has_not_answered(ground: Ground) -> None:
    ground.engine("import os, signal; print('[]', flush=True); os.kill(os.getpid(), signal.SIGSEGV)")
    assert whys(ground.ask()) == ["gitleaks was ended by signal 11; what it did not say is not known"]


def test_one_that_prints_without_end_is_stopped(ground: Ground) -> None:
    ground.engine("import sys\nwhile True: sys.stdout.write('x' * 65536)")
    told = whys(ground.ask())
    assert told[-1] == f"gitleaks printed more than {child.OUTPUT >> 20} MiB; what it did not say is not known"


def test_one_that_complains_without_end_is_stopped_in_time(ground: Ground) -> None:
    ground.engine("import sys\nwhile True: sys.stderr.write('x' * 65536)")
    assert whys(ground.ask(seconds=1))[-1] == "gitleaks took too long; what it did not say is not known"


@pytest.mark.parametrize(
    "body",
    [
        "import time; time.sleep(60)",
        "import os, time; print('[]', flush=True); os.close(1); os.close(2); time.sleep(60)",
        "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(60)",
        "while True: pass",
    ],
)
def test_one_that_hangs_is_ended_in_time(ground: Ground, body: str) -> None:
    ground.engine(body)
    begun = time.monotonic()
    assert whys(ground.ask(seconds=1))[-1].startswith("gitleaks ")
    assert time.monotonic() - begun < 15


def test_one_that_cannot_be_started_has_not_answered(ground: Ground) -> None:
    path = ground.top / "bin" / "gitleaks"
    path.write_text("#!/nowhere/python\n")
    path.chmod(0o755)
    assert whys(ground.ask()) == [
        "gitleaks was not asked: it could not be confined: FileNotFoundError: No such file or directory"
    ]


def test_more_findings_than_anybody_reads_are_cut_and_said(ground: Ground) -> None:
    path = f"{ground.target}/a.py"
    lines = (hexora(path, "low", 0, f"HX{number}") for number in range(run.FINDINGS + 1))
    ground.prints("".join(lines), name="hexora")
    told = ground.ask("hexora")
    assert len(found(told)) == run.FINDINGS
    assert whys(told) == ["hexora: it has more than 10,000 findings; the rest"]


def test_one_that_is_not_there_has_not_answered_and_it_says_where_to_get_it(ground: Ground) -> None:
    (why,) = whys(ground.ask())
    assert why.startswith("gitleaks was not asked: it is not there; get it from github.com/gitleaks/gitleaks")


def test_a_name_that_no_engine_has_is_unanswered(ground: Ground) -> None:
    told = run.run_all(["gitleeks"], ground.target, ground.home, where=[])
    assert whys(told) == [f"no engine is called 'gitleeks'; there are {', '.join(BY_NAME)}"]


def test_a_target_that_is_not_there_is_unanswered(ground: Ground) -> None:
    ground.prints("[]")
    assert whys(ground.ask(target=ground.top / "none")) == ["gitleaks was not asked: No such file or directory"]


def test_all_that_were_named_are_asked_once_each(ground: Ground) -> None:
    ground.prints("[]")
    ground.prints(hexora(f"{ground.target}/a.py", "high", 0), name="hexora")
    names = ["gitleaks", "hexora", "hexora"]
    told = run.run_all(names, ground.target, ground.home, where=[ground.top / "bin"])
    assert [one.rule for one in found(told)] == ["engine/hexora"]
    assert whys(told) == []
    assert set(run.available([ground.top / "bin"])) == {"gitleaks", "hexora"}


def _lacks(engine: str) -> list[str]:
    return list(BY_NAME[engine].wants)


@pytest.mark.parametrize("engine", ["yara-x", "sigstore"])
def test_what_an_engine_cannot_do_without_must_be_given(ground: Ground, engine: str) -> None:
    package = ground.top / "bin" / BY_NAME[engine].program
    package.mkdir()
    (package / "__init__.py").touch()
    ground.given = Given()
    assert whys(ground.ask(engine)) == [f"{engine} was not asked: it needs {' and '.join(_lacks(engine))}"]


def test_each_engine_has_a_rule_and_none_is_critical() -> None:
    assert [engine.rule for engine in ENGINES] == list(rules.RULES)
    assert [engine.rule.id for engine in ENGINES] == [f"engine/{engine.name}" for engine in ENGINES]
    severities = {rule.severity for rule in rules.RULES} | {one for e in ENGINES for one in e.severities.values()}
    assert Severity.CRITICAL not in severities
    assert all(rule.example and rule.why and rule.fix for rule in rules.RULES)


def test_a_finding_has_the_rule_of_its_engine(ground: Ground) -> None:
    for engine in ENGINES[:3]:
        output = {
            "gitleaks": json.dumps([gitleaks("TARGET/a.py")]),
            "betterleaks": betterleaks("TARGET/a.py"),
            "hexora": hexora("TARGET/a.py", "very_high", 0),
        }[engine.name].replace("TARGET", str(ground.target))
        ground.prints(output, 0 if engine.found is None else engine.found, engine.name)
        assert [one.rule for one in found(ground.ask(engine.name))] == [engine.rule.id]
