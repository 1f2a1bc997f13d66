"""values.schema.json, rule by rule: for each an input that passes and one that is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

# A key where keys are free.
FREE_KEY = "anyKey"
_KINDS: dict[str, Any] = {
    "string": "text",
    "integer": 7,
    "number": 7.5,
    "boolean": True,
    "array": [],
    "object": {},
}
# Texts of which one fits each pattern, and, after them, texts of which one breaks each.
_FITTING = (
    *("", "a", "1", "10m", "1Gi", "10Gi", "A" * 43, "sha256:" + "a" * 64, "a.example.com"),
    *("*.example.com", "registry.example.com/a", "0 3 * * *", "10.0.0.0/8", "/a", "https://a.b/c"),
    *("http://a:4317", "10s", "nvidia.com/gpu", "a/b", "A", "30d", "50%"),
)
_BREAKING = ("", " ", "!", "-", "a b", "Ä", "\n", "a\nb", "x" * 300)

KEYWORDS = frozenset(
    (
        *("type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength"),
        *("minItems", "maxItems", "additionalProperties", "required"),
    )
)


@dataclass(frozen=True)
class Case:
    """An input for one keyword of the schema at one place."""

    path: Path
    keyword: str
    value: Any
    fits: bool

    @property
    def place(self) -> str:
        """The path as people write it."""
        return ".".join(map(str, self.path))

    def __str__(self) -> str:
        return f"{self.place} {'fits' if self.fits else 'breaks'} {self.keyword}"


class Contract:
    """A schema with its definitions."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def resolved(self, rule: Schema) -> Schema:
        """A rule with what it refers to; what stands beside the reference wins."""
        if "$ref" not in rule:
            return rule
        found: Schema = self.schema["definitions"][rule["$ref"].rpartition("/")[2]]
        return {**self.resolved(found), **{k: v for k, v in rule.items() if k != "$ref"}}

    def rules(self, rule: Schema | None = None, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
        """Every place that has a rule: properties, items, and values of maps with free keys."""
        rule = self.resolved(self.schema if rule is None else rule)
        yield path, rule
        for name, part in self._parts(rule):
            yield from self.rules(part, (*path, name))

    def _parts(self, rule: Schema) -> Iterator[tuple[str | int, Schema]]:
        yield from rule.get("properties", {}).items()
        for pattern, part in rule.get("patternProperties", {}).items():
            yield next(text for text in _FITTING if text and re.search(pattern, text)), part
        if isinstance(rule.get("additionalProperties"), Mapping):
            yield FREE_KEY, rule["additionalProperties"]
        if isinstance(rule.get("items"), Mapping):
            yield 0, rule["items"]

    def fitting(self, rule: Schema) -> Any:
        """The least that a rule takes."""
        rule = self.resolved(rule)
        kind = kinds_of(rule)[0] if kinds_of(rule) else "string"
        if "enum" in rule:
            return rule["enum"][0]
        if kind == "object":
            return {
                name: self.fitting(rule["properties"][name]) for name in rule.get("required", ())
            }
        if kind == "array":
            return [self.fitting(rule["items"])] * rule.get("minItems", 0)
        if kind in {"integer", "number"}:
            return rule.get("minimum", rule.get("maximum", 7))
        return text_for(rule) if kind == "string" else True

    def placed(self, values: Any, path: Path, value: Any, rule: Schema | None = None) -> Any:
        """Values with one of them replaced; what has to be around it is put there."""
        if not path:
            return value
        rule = self.resolved(self.schema if rule is None else rule)
        first, *rest = path
        part = dict(self._parts(rule)).get(first, {})
        if isinstance(first, int):
            item = values[first] if values else self.fitting(part)
            return [self.placed(item, tuple(rest), value, part)]
        around = dict(values) if isinstance(values, Mapping) else self.fitting(rule)
        return {**around, first: self.placed(around.get(first), tuple(rest), value, part)}

    def cases(self) -> Iterator[Case]:
        """Two inputs for every rule."""
        for path, rule in self.rules():
            if path and not forbidden(rule):
                for keyword, value, fits in self._inputs(rule):
                    yield Case(path, keyword, value, fits)

    def _inputs(self, rule: Schema) -> Iterator[tuple[str, Any, bool]]:
        kinds = kinds_of(rule)
        if kinds:
            yield "type", self.fitting(rule), True
            yield "type", next(v for k, v in _KINDS.items() if not _is(k, kinds)), False
        if "enum" in rule:
            yield from (("enum", value, True) for value in rule["enum"] if value is not None)
            yield "enum", "no such choice", False
        yield from _numbers(rule)
        yield from _texts(rule)
        if rule.get("additionalProperties") is False:
            yield "additionalProperties", {**self.fitting(rule), "unknownKey": 1}, False
        for name in rule.get("required", ()):
            without = {key: each for key, each in self.fitting(rule).items() if key != name}
            # What has a default is taken away with a null.
            back = {name: None} if "default" in rule["properties"][name] else {}
            yield "required", {**without, **back}, False
        for bound, step in (("minItems", -1), ("maxItems", 1)):
            if rule.get(bound, 0) > 0:
                items = [self.fitting(rule["items"])]
                yield bound, items * rule[bound], True
                yield bound, items * (rule[bound] + step), False


def _numbers(rule: Schema) -> Iterator[tuple[str, Any, bool]]:
    if not {"integer", "number"} & set(kinds_of(rule)):
        return
    for bound, step in (("minimum", -1), ("maximum", 1)):
        if bound in rule:
            yield bound, rule[bound], True
            yield bound, rule[bound] + step, False


def _texts(rule: Schema) -> Iterator[tuple[str, Any, bool]]:
    if "string" not in kinds_of(rule):
        return
    if "pattern" in rule:
        yield "pattern", text_for(rule), True
        broken = (text for text in _BREAKING if not re.search(rule["pattern"], text))
        yield "pattern", next(broken), False
    for bound, step in (("minLength", -1), ("maxLength", 1)):
        if bound in rule:
            text = text_for(rule) or "a"
            longest = (text * (rule[bound] + 1))[: rule[bound]]
            if re.search(rule.get("pattern", ""), longest):
                yield bound, longest, True
            yield bound, "a" * (rule[bound] + step), False


def text_for(rule: Schema) -> str:
    """A text that a rule takes."""
    shortest, longest = int(rule.get("minLength", 0)), int(rule.get("maxLength", 1_000))
    # Where a short text does for a rule, a longer one does for its length.
    texts = (*_FITTING, *("a" * length for length in (shortest, longest)))
    for text in texts:
        if re.search(rule.get("pattern", ""), text) and shortest <= len(text) <= longest:
            return text
    raise AssertionError(f"no text is known that fits {dict(rule)}")


def kinds_of(rule: Schema) -> list[str]:
    """The types that a rule takes, without null."""
    kinds = rule.get("type", [])
    listed = [kinds] if isinstance(kinds, str) else list(kinds)
    return [kind for kind in listed if kind != "null"]


def _is(kind: str, kinds: list[str]) -> bool:
    return kind in kinds or (kind == "integer" and "number" in kinds)


def forbidden(rule: Schema) -> bool:
    """A key that is there to be refused with a sentence."""
    return "type" not in rule and "enum" in rule and " " in str(rule["enum"][0])
