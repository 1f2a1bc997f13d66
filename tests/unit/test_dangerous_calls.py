"""What chartgen's own code never does: run text as code, ask a shell, wait without an end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "chartgen").rglob("*.py"))
CODE = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "shelve", "dill", "cPickle", "commands", "pty", "telnetlib", "ftplib"}
SHELLS = re.compile(
    r"os\.(system|popen|spawn\w*)|subprocess\.(getoutput|getstatusoutput|Popen|call)"
)
UNPACKING = re.compile(r"\.(extract|extractall|unpack_archive)$")


def calls(file: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_text_becomes_code_and_no_archive_is_unpacked_to_disk(file: Path) -> None:
    for name, call in calls(file):
        assert name not in CODE, (name, call.lineno)
        assert not SHELLS.fullmatch(name), (name, call.lineno)
        assert not UNPACKING.search(name), (name, call.lineno)
        assert name != "yaml.load", call.lineno
    found = ast.walk(ast.parse(file.read_text("utf-8")))
    names = {alias.name for node in found if isinstance(node, ast.Import) for alias in node.names}
    assert not names & MODULES


def test_every_process_has_no_shell_and_ends() -> None:
    seen = 0
    for file in FILES:
        for name, call in calls(file):
            if name.startswith("subprocess."):
                given = {keyword.arg for keyword in call.keywords}
                assert name == "subprocess.run", file
                assert "shell" not in given, file
                assert "timeout" in given, file
                seen += 1
    assert seen


def test_every_exception_from_the_security_rules_of_lint_says_why() -> None:
    bare = re.compile(r"# noqa: S\d+\s*$")
    for file in FILES:
        lines = file.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            assert not bare.search(line), f"{file}:{number + 1}"
