"""Templates: those that reach out, and those that only look so."""

import pytest

from tests.audit.code.data import found, lines


@pytest.mark.parametrize(
    "block",
    [
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% set o = lipsum.__globals__ %}",
        "{% for c in ().__class__.__base__.__subclasses__() %}{% endfor %}",
        "{{ self.__init__.__globals__.__builtins__['__import__']('os') }}",
        "{{ ''['__cla' ~ 'ss__']['__m' ~ 'ro__'] }}",
        "{{ x|attr('\\x5f\\x5fglobals\\x5f\\x5f') }}",
        "{{ x|attr('__glo' 'bals__') }}",
        "{{ x|attr('__slabolg__'|reverse) }}",
        "{{ x|attr('_' * 2 ~ 'globals' ~ '_' * 2) }}",
        "{{ x|attr(['__glo', 'bals__']|join) }}",
        "{{\n  cycler.__init__\n .__globals__ }}",
        "<!-- {{ o.popen('env').read() }} -->",
        "{%- set a = os.system('id') -%}",
        "{{ get('os')['popen']('id') }}",
        "{% import os %}{{ os.system('x') }}",
    ],
)
@pytest.mark.parametrize("path", ["t/weekly.html", "a.j2", "a.HTM", "mail.txt", "a.jinja2"])
def test_a_template_that_reaches_out_is_found(block: str, path: str) -> None:
    assert found(path, f"<html>\n{block}\n</html>") == {"template-runs"}


def test_a_template_in_another_encoding_is_found() -> None:
    assert found("a.html", "{{ x.__globals__ }}".encode("utf-16")) == {"template-runs"}


def test_a_template_with_other_braces_is_found_by_what_it_reaches() -> None:
    assert found("a.j2", "[[ cycler.__init__.__globals__.os ]]") == {"template-runs"}


def test_the_line_of_a_block_is_said() -> None:
    assert lines("a.html", "1\n2\n{{ x.__globals__ }}") == [3]


def test_a_block_behind_many_is_found() -> None:
    assert found("a.html", "{{ a }}\n" * 15_000 + "{{ x.__globals__ }}") == {"template-runs"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.html", "<p>{{ user.name }} {% for row in rows %}{{ row['system'] }}{% endfor %}</p>"),
        ("a.html", "<p>A function has __globals__ and __builtins__; os.system() starts programs.</p>"),
        ("a.html", "<script>if (a) {b = {c: {d: 1}}}; var t = `${x}`; document.import</script>"),
        ("class.rst.j2", "{{ obj.__class__.__name__ }} {{ obj.__doc__ }} {% import 'macros.j2' as m %}"),
        ("strategy.j2", "import subprocess\nsubprocess.run(['{{ name }}'])\nimport os\nos.system('x')\n"),
        ("a.tpl", '{{- if .Values.ingress.enabled -}} {{ include "chart.globals" . }} {{ .Values.global.system }}'),
        ("notes.txt", "the class has __subclasses__()"),
        ("README.md", "Use `{{ value }}` in a template; never `__globals__`."),
        ("a.html", "{{ 'import'|upper }} {{ x|attr('name') }}"),
    ],
)
def test_an_honest_template_is_not_found(path: str, text: str) -> None:
    assert not found(path, text)
