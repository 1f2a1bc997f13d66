r"""Files of NAME=value lines, as Docker Compose reads them, and how values are written into one.

One line is one variable. `export` may stand in front, `#` begins a comment at the start of a
line or after a space. A value in single quotes is taken as it is; in double quotes a backslash
escapes a quote, a backslash, `$`, and makes `\n`, `\r` and `\t`; without quotes it ends before
a comment, and the spaces around it do not count. Nothing is looked up: `$` is itself. Compose
does look up, so a value with `$` belongs in single quotes, where both take it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from chartgen.errors import InvalidInput

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)")
_END = re.compile(r"\s*(?:\s#.*)?")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r'\\([nrt"\\$])')
_COMMENT = re.compile(r"\s#.*")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
# What stands for itself without quotes, to every reader of such files.
_PLAIN = re.compile(r"[A-Za-z0-9_.,:;/@%+=!?&*()~^-]*")


def read(file: Path) -> dict[str, str]:
    """The variables of a file; of a name that stands twice the last counts.

    Raises InvalidInput, which names the line and never quotes it.
    """
    try:
        content = file.read_text("utf-8-sig")
    except OSError as fault:
        reason = (fault.strerror or type(fault).__name__).lower()
        raise InvalidInput(f"{file} cannot be read: {reason}") from fault
    except UnicodeDecodeError as fault:
        raise InvalidInput(f"{file} is not in UTF-8") from fault
    return dict(_variables(content, file))


def parse(content: str) -> dict[str, str]:
    """The variables of a text."""
    return dict(_variables(content, Path(".env")))


def _variables(content: str, file: Path) -> Iterator[tuple[str, str]]:
    # Not splitlines, which takes more for the end of a line than any other reader does.
    for number, raw in enumerate(content.split("\n"), 1):
        line = raw.removesuffix("\r")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if not match:
            raise InvalidInput(f"{file}, line {number}: this is not NAME=value")
        value = _value(match[2].rstrip())
        if value is None:
            raise InvalidInput(f"{file}, line {number}: a quote is not closed, or text follows it")
        yield match[1], value


def _value(text: str) -> str | None:
    """What stands behind the equals sign, None when its quotes are wrong."""
    bare = text.lstrip()
    form = {"'": _SINGLE, '"': _DOUBLE}.get(bare[:1])
    if form is None:
        return _COMMENT.sub("", text, count=1).strip()
    match = form.match(bare)
    if not match or not _END.fullmatch(bare[match.end() :]):
        return None
    return match[1] if form is _SINGLE else _unescaped(match[1])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def written(value: str) -> str | None:
    """A value as it may stand in such a file, None when not every reader would get it right."""
    if _PLAIN.fullmatch(value):
        return value
    return f"'{value}'" if re.fullmatch(r"[^'\\\x00-\x1f\x7f-\x9f\u2028\u2029]*", value) else None
