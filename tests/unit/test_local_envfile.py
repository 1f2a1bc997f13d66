from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from chartgen.errors import InvalidInput
from chartgen.local import envfile
from tests.cli import CANARY


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=plain", "plain"),
        ("  export KEY = spaced out  ", "spaced out"),
        ("KEY=", ""),
        ("KEY=value # a remark", "value"),
        ("KEY=value#no-remark", "value#no-remark"),
        ("KEY= # a remark", ""),
        ("KEY=#value", "#value"),
        ("KEY=a=b==", "a=b=="),
        ("KEY=pa$word${HOME}$$", "pa$word${HOME}$$"),
        ("KEY='it $HOME # is \\n' # a remark", "it $HOME # is \\n"),
        ('KEY="a \\"b\\" \\\\ \\$5\\n\\t# c"', 'a "b" \\ $5\n\t# c'),
        ("KEY=it's", "it's"),
        ("KEY=Grüße\r", "Grüße"),
        ("KEY=a\x0bb", "a\x0bb"),
    ],
)
def test_a_value_is_read_as_the_documentation_says(line: str, value: str) -> None:
    assert envfile.parse(f"# a remark\n\n{line}\n") == {"KEY": value}


def test_of_a_name_that_stands_twice_the_last_counts() -> None:
    assert envfile.parse("KEY=\nOTHER=1\nKEY=2") == {"KEY": "2", "OTHER": "1"}


@pytest.mark.parametrize(
    "line",
    [CANARY, f"KEY={CANARY}\n{CANARY}", f"KEY='{CANARY}", f'KEY="{CANARY}" x', f"1={CANARY}"],
)
def test_a_line_that_is_none_is_named_by_its_number_and_never_quoted(
    line: str, tmp_path: Path
) -> None:
    file = tmp_path / "my.env"
    file.write_text(f"# a remark\n{line}\n")
    with pytest.raises(InvalidInput, match=r"my\.env, line [23]: ") as caught:
        envfile.read(file)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "line", [f"A={' ' * 50_000}x", f"A='b'{' ' * 50_000}x", f"A=b{' #' * 50_000}"]
)
def test_a_line_of_any_length_is_read_at_once(line: str) -> None:
    began = time.monotonic()
    with contextlib.suppress(InvalidInput):
        envfile.parse(line)
    assert time.monotonic() - began < 1


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        envfile.read(tmp_path / "none.env")
    (tmp_path / "latin.env").write_bytes(b"KEY=\xe9")
    with pytest.raises(InvalidInput, match="not in UTF-8"):
        envfile.read(tmp_path / "latin.env")


@pytest.mark.parametrize("value", ["", "5", "friendly", "a b", "#1", 'say "$HI" # {x}', "é"])
def test_a_value_that_is_written_is_read_again(value: str) -> None:
    text = envfile.written(value)
    assert text is not None
    assert envfile.parse(f"KEY={text}") == {"KEY": value}


@pytest.mark.parametrize("value", ["it's $5", "two\nlines", "back\\slash"])
def test_a_value_that_readers_would_not_agree_on_is_not_written(value: str) -> None:
    assert envfile.written(value) is None
