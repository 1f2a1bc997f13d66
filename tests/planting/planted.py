"""The flows with a secret in them, each with its label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from tests.flows_factory import Json, component, flow
from tests.flows_factory import field as plain
from tests.flows_factory import secret as hidden
from tests.planting import kinds
from tests.planting.places import ANYWHERE, FIELD, NAMED, Place

# Where URLs and connection strings are met, beside a field of their own.
AROUND = ("plain field", "prompt", "note", "code", "MCP argument", "table", "cached output")


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One flow: what was planted and where, and what has to be said of it."""

    kind: str
    place: str
    at: str
    binds: bool
    secret: str = field(repr=False)
    flow: Json = field(repr=False)
    code: str = "literal-secret"

    @property
    def name(self) -> str:
        """The label in words."""
        return f"{self.kind}; {self.place}"


@cache
def every() -> tuple[Planted, ...]:
    """All flows with a secret."""
    return (*_vendors(), *_formless(), *_surrounded(), *_headers(), *measured())


def _of(kind: str, place: str, found: Place, text: str, secret: str) -> Planted:
    return Planted(
        kind=kind, place=place, at=found.at, binds=found.binds, secret=secret, flow=found.put(text)
    )


def _vendors() -> Iterator[Planted]:
    """Each vendor's key at a few places, so that each place has keys of many vendors."""
    places = [*ANYWHERE.items()]
    for number, (kind, text) in enumerate(kinds.vendors().items()):
        for step in range(4):
            place, found = places[(number + 4 * step) % len(places)]
            if found.binds and any(map(str.isspace, text)):
                continue
            yield _of(kind, place, found, text, text)


def _formless() -> Iterator[Planted]:
    for place, found in NAMED.items():
        for kind, text in kinds.formless().items():
            # Behind `key=` in an address, an exclamation mark and a hyphen are as good as any.
            yield _of(kind, place, found, text, text)


def _surrounded() -> Iterator[Planted]:
    for kind, (text, secret) in kinds.urls().items():
        for place in AROUND:
            yield _of(f"URL: {kind}", place, ANYWHERE[place], text, secret)
    for kind, (text, secret) in kinds.strings().items():
        for place in AROUND:
            found = ANYWHERE[place]
            if found.binds and any(map(str.isspace, text)):
                found = Place(put=found.put, at=found.at)
            yield _of(f"connection string: {kind}", place, found, text, secret)


def _headers() -> Iterator[Planted]:
    token = kinds.make("w40", "bearer")
    pair = kinds.basic("bot", kinds.make("w16", "basic"))
    for place in ("prompt", "note", "code", "cached output"):
        for kind, text in (("Bearer", token), ("Basic", pair)):
            said = f"Authorization: {kind} {text}"
            yield _of(f"header: {kind}", place, ANYWHERE[place], said, text)


def measured() -> Iterator[Planted]:
    """Twenty-six that stand for those of real flows: the same fields, kinds and places."""
    shapes = {**kinds.VENDORS, **kinds.FORMLESS}
    fields = {
        "api_key": ["Groq"] * 6 + ["OpenAI"] * 2 + ["Hugging Face"] * 3,
        "huggingfacehub_api_token": ["Hugging Face"] * 3,
        "openai_api_key": ["OpenAI, old"],
        "google_api_key": ["Google"],
        "api_endpoint": ["Google"],
        "mistral_api_key": ["40 letters and digits"] * 2,
        "vectara_api_key": ["40 letters and digits"],
        "token": ["32 hexadecimal digits"],
        "jwt_token": ["a UUID"],
    }
    for name, wanted in fields.items():
        for number, kind in enumerate(wanted):
            text = kinds.make(shapes[kind], f"{name} {number}")
            put = flow(component("Acme", "Acme-1", "My tool", **{name: hidden(text)}))
            at = f"{FIELD}{name}.value"
            yield Planted(kind=kind, place=f"as measured: {name}", at=at, binds=True,
                          secret=text, flow=put)  # fmt: skip
    for number, name in enumerate(("database_url", "database_url", "database_uri")):
        secret = kinds.make("w24", f"{name} {number}")
        url = kinds.URLS["PostgreSQL"].format(secret)
        put = flow(component("SQL", "SQL-1", "My database", **{name: plain(url)}))
        at = f"{FIELD}{name}.value"
        yield Planted(kind="URL: PostgreSQL", place=f"as measured: {name}", at=at, binds=True,
                      secret=secret, flow=put)  # fmt: skip
    text = kinds.make("w40", "arguments")
    value = {"name": "lf", "config": {"command": "uvx", "args": ["--headers", "x-api-key", text]}}
    put = flow(component(mcp_server={"_input_type": "McpInput", "type": "mcp", "value": value}))
    at = f"{FIELD}mcp_server.value.config.args[2]"
    yield Planted(kind="40 letters and digits", place="as measured: mcp_server", at=at, binds=False,
                  secret=text, flow=put)  # fmt: skip
