"""Credentials as files, the way Kubernetes lays them down."""

from __future__ import annotations

from pathlib import Path

import pytest

from chartgen.runtimes.langflow import mounted


def test_a_file_is_a_variable_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "ACME_KEY").write_text("Grüße: @:/%#")
    (tmp_path / "pgpassword").write_text("")
    assert mounted.read(tmp_path) == {"ACME_KEY": "Grüße: @:/%#", "pgpassword": ""}


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"key", "key"),
        (b"key\n", "key"),
        (b"key\r\n", "key"),
        (b"key\n\n", "key\n"),
        (b"key\r", "key\r"),
        (b" key \n", " key "),
        (b"-----BEGIN-----\nAB\n", "-----BEGIN-----\nAB"),
        (b"\n", ""),
        (b"\xff", "\udcff"),
    ],
)
def test_one_line_break_at_the_end_is_no_part_of_a_value(
    content: bytes, value: str, tmp_path: Path
) -> None:
    (tmp_path / "KEY").write_bytes(content)
    assert mounted.read(tmp_path) == {"KEY": value}


def test_what_kubernetes_keeps_beside_the_files_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "KEY").write_text("k")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "KEY").symlink_to("..data/KEY")
    for name in (".hidden", "tls.crt", "a-b", "1ST", "A=B"):
        (tmp_path / name).write_text("no variable")
    assert mounted.read(tmp_path) == {"KEY": "k"}


def test_a_variable_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    for name in ("KEY", "EMPTY", "NEW"):
        (tmp_path / name).write_text("from a file")
    environment = {"KEY": "mine", "EMPTY": "", "OTHER": "x"}
    wanted = {**environment, "NEW": "from a file"}
    assert mounted.beside(tmp_path, environment) == wanted
    assert "NEW" not in environment
    mounted.take_in(tmp_path, environment)
    assert environment == wanted


def test_without_the_folder_there_are_no_files(tmp_path: Path) -> None:
    assert mounted.read(tmp_path / "none") == {}
