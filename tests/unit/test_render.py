from __future__ import annotations

import subprocess

import pytest
from jinja2 import UndefinedError

from chartgen import render
from tests.hostile import HOSTILE


def test_delimiters_leave_helm_shell_and_json_alone() -> None:
    source = "{{ .Values.x }} ${HOME} {#} {% %} <%# gone %><%= name %>\n"
    assert render.render(source, {"name": "a"}) == "{{ .Values.x }} ${HOME} {#} {% %} a\n"


def test_a_text_is_never_a_template() -> None:
    assert render.render("<%= text %>", {"text": "<%= 7 * 7 %>"}) == "<%= 7 * 7 %>"


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="nmae"):
        render.render("<%= nmae %>", {"name": "a"})


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\0" not in text])
def test_a_shell_reads_a_quoted_text_as_it_was(text: str) -> None:
    script = render.render("printf %s <%= text | sh %>", {"text": text})
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True)  # noqa: S603 - that a shell reads it is the point
    assert done.stdout.decode() == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_in_its_table_cell(text: str) -> None:
    for filled in (render.cell(text), render.code(text)):
        assert len(filled.splitlines()) <= 1
        assert "|" not in filled.replace("\\|", "")
        assert "\x1b" not in filled
    assert "<" not in render.cell(text).replace("\\<", "")


def test_a_code_span_may_hold_backticks() -> None:
    assert render.code("a `` b") == "``` a `` b ```"
    assert render.code("plain") == "`plain`"
