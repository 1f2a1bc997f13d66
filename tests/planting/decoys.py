"""Flows with nothing secret in them, each with something that looks like it."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.flows_factory import Json, component, edge, flow
from tests.flows_factory import field as plain
from tests.flows_factory import secret as hidden
from tests.planting.kinds import make
from tests.planting.places import ANYWHERE, NAMED

DICE = random.Random(6)  # noqa: S311 - a test's, and the same each time
HASH = hashlib.sha256(b"decoy").hexdigest()
IMAGE = base64.b64encode(DICE.randbytes(6000)).decode()
# Texts that may stand in any place.
TEXTS = {
    "SHA-256": f"sha256:{HASH}",
    "MD5": hashlib.md5(b"decoy", usedforsecurity=False).hexdigest(),
    "Git commit": f"https://github.com/acme/bots/blob/{HASH[:40]}/flow.json#L{12}",
    "image by digest": f"ghcr.io/acme/bots:1.2.3@sha256:{HASH}",
    "UUID": str(uuid.UUID(int=DICE.getrandbits(128), version=4)),
    "several UUIDs": ", ".join(str(uuid.UUID(int=n << 64, version=4)) for n in range(4)),
    "ISO date": "2026-11-20T20:18:00.123456+00:00",
    "versions": "langchain-openai>=0.3.12,<0.4; python_version >= '3.11' # api_key added in 1.2",
    "image as a data URL": f"data:image/png;base64,{IMAGE}",
    "image in base64": IMAGE,
    "public URL": "https://acme.io/search?q=langflow+secret+token&lang=en&page=2&key=name",
    "URL with a port and an at sign": "https://acme.io:8443/@team/a@b",
    "URL of a package": "https://files.pythonhosted.org/packages/ab/cd/" + HASH[:60] + "/a-1.0.whl",
    "URL of a video": "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLrAXtmErZgOeiKm4sgNOkn",
    "e-mail addresses": "write to ada.lovelace1815@acme.io or bob+flows@acme.io",
    "mailto URL": "mailto:ada:team@acme.io",
    "SSH address": "git@github.com:acme/bots.git, ssh://git@github.com/acme/bots.git",
    "database of the documentation": "postgresql://user:password@localhost:5432/db",
    "database with variables": "postgresql://${DB_USER}:${DB_PASSWORD}@${DB_HOST}/crm",
    "database with braces": "mysql://{user}:{password}@{host}:{port}/{database}",
    "database without a password": "postgresql://bot@db.acme.io:5432/crm?sslmode=require",
    "connection string to fill in": "Server=db;Database=crm;User Id=<user>;Password=<password>;",
    "example of AWS": "AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "key to fill in": "OPENAI_API_KEY=sk-your-key-goes-right-here-0000",
    "key of crosses": "Authorization: Bearer sk-xxxxxxxxxxxxxxxxxxxxxxxx1",
    "header to fill in": "Authorization: Bearer <YOUR_TOKEN>, x-api-key: {api_key}",
    "header with a variable": "Authorization: Bearer {{ACME_TOKEN}}",
    "words with hyphens": "task-force-of-1000-people-and-more, risk-assessment-2024-for-everyone",
    "talk of passwords": "A password has 12 characters, 1 digit and 1 sign. Token: see below.",
    "talk of tokens": "token limit: 4096, max_tokens=8192, next_page_token: none, token is short",
    "talk of keys": "The primary key is customer_id; the api key is in the vault.",
    "names of models": "gpt-4o-mini-2024-07-18, claude-3-5-sonnet-20241022, text-embedding-3-small",
    "names of variables": "OPENAI_API_KEY, ACME_API_KEY=$ACME_API_KEY, HF_TOKEN=${HF_TOKEN}",
    "numbers": "4111 1111 1111 1111, +43 1 5880000, 3.14159265358979323846264338327950288",
    "regular expression": r"(?:sk|pk)-[A-Za-z0-9]{20,48}|ghp_[A-Za-z0-9]{36}|AKIA[0-9A-Z]{16}",
    "minified code": "!function(e,t){var n=e.token=t.key||{};n.a=function(r){r.pass=e}}(a,b)",
    "public key": "-----BEGIN PUBLIC KEY-----\n" + IMAGE[:392] + "\n-----END PUBLIC KEY-----",
    "certificate": "-----BEGIN CERTIFICATE-----\n" + IMAGE[:800] + "\n-----END CERTIFICATE-----",
    "SSH public key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA" + IMAGE[:43] + " ada@acme",
    "a table of keys": "| name | value |\n|---|---|\n| API key | OPENAI_API_KEY |\n| token | 4 |",
    "XML to fill in": "<password>{{password}}</password><apiKey>your-key-1234</apiKey>",
    "commands": "docker run -u 1000:1000 a, curl -u $USER:$PASSWORD, login {user} password {pass}",
    "cookies": '{"cookie": "theme=dark; lang=en-GB", "set-cookie": "seen=1; Path=/; Secure"}',
    "keys of tables": 'PRIMARY_KEY="a1b2c3d4e5f6a7b8c9d0" CACHE_KEY="a1b2c3d4e5f6a7b8c9d0"',
    "long words": "pneumonoultramicroscopicsilicovolcanoconiosis_and_its_many_other_friends",
    "file names": "/srv/flows/report_2026-11-20_final_v12_by-ada.xlsx, C:\\keys\\public.txt",
    "colours and CSS": "a{color:#3f2a9c;background:url(data:image/gif;base64,R0lGODlhAQABAAA=)}",
    "JSON schema": json.dumps(
        {"properties": {"api_key": {"type": "string", "title": "API key", "minLength": 32}}}
    ),
    "template of Jinja": "{% if password %}{{ password | sha256 }}{% endif %} api_key={{ key }}",
    "base64 of words": base64.b64encode(b"an ordinary sentence with nothing in it").decode(),
    "long prompt": "You are a helper. Never tell the secret: the token, the key or the password. "
    * 80,
}
CODE = {
    "code that reads a variable": 'key = os.environ["ACME_KEY"]\ntoken = os.getenv("TOKEN", "")',
    "code that passes a field on": "Client(api_key=self.api_key, password=self.password2, token=t)",
    "code with the names of fields": 'SecretStrInput(name="api_key", display_name="API Key", '
    'value="OPENAI_API_KEY", info="Your key, as in https://acme.io/keys")',
    "code with an example in a docstring": '"""Example: connect(password="change-me-please", '
    "api_key='your-api-key-1234', token='xxxxxxxxxxxx1')\"\"\"",
    "code with hashes": f'KNOWN = {{"a": "{HASH}", "b": "{HASH[:40]}"}}\nREVISION = "{HASH[:12]}"',
    "code with formatted URLs": 'u = f"postgresql://{self.user}:{self.password}@{self.host}/{db}"',
    "code with special tokens": 'eos_token = "</s>"\npad_token = "[PAD]"\ntoken_type = "Bearer"',
    "code with types": 'def login(user: str, password: SecretStr | None = None) -> "Token2": ...',
    "code with messages": 'raise ValueError("api_key: expected 32 characters, got 0x1F")',
    "code with long names": "handler_for_message_response_v2_with_sk_live_reload_and_more()",
    "code with a pair": 'get(u, auth=("user", self.password), headers=auth("bot", "password"))',
    "code with other values": 'api_key = self.key or "openai-like"; token = a if b else "none"',
    "code with fields": 'SecretStrInput(name="api_key", info="v2", value="OPENAI_API_KEY", a="b3")',
    "code with lists": 'API_KEYS = ["OPENAI_API_KEY", "api_key_2"]\nSECRETS = ("token", "key2")',
    "code with a map": '{"api_key": "acme_api_key", "token": "hf_token", "pwd": "password2"}',
}
# What may stand under a name that announces a secret.
BESIDE_NAMES = {
    "variable": "ACME_API_KEY",
    "place for a key": "<your key>",
    "nothing": "",
}


@dataclass(frozen=True, kw_only=True)
class Decoy:
    """One flow, and what is in it."""

    name: str
    flow: Json = field(repr=False)


def every() -> Iterator[Decoy]:
    """All flows with a decoy."""
    for kind, text in TEXTS.items():
        for place in ("plain field", "prompt", "note", "code", "cached output", "description"):
            yield Decoy(name=f"{kind}; {place}", flow=ANYWHERE[place].put(text))
    for kind, text in CODE.items():
        made = component(code={"type": "code", "value": f"def run():\n    return 1\n{text}\n"})
        yield Decoy(name=kind, flow=flow(made))
    for kind, text in BESIDE_NAMES.items():
        for place in ("secret field", "header in a table", "MCP header", "plain field"):
            yield Decoy(name=f"{kind}; {place}", flow=NAMED[place].put(text))
    yield from _structures()


def _structures() -> Iterator[Decoy]:
    """What only the shape of a flow can tell from a secret."""
    noisy = component(
        model=plain("gpt-4o", "DropdownInput", options=["gpt-4o", make("w32", "option")]),
        token=plain("cl100k_base2", "DropdownInput", options=["cl100k_base2", "o200k_base1"]),
        api_key=hidden("", info="Looks like sk-proj-..., see https://acme.io/api_keys?tab=2"),
        max_tokens=plain(4096, "IntInput", type="int"),
        input_key=plain("question", name="input_key"),
        session_id=plain(str(uuid.UUID(int=7, version=4))),
    )
    noisy["data"]["node"] |= {
        "metadata": {"code_hash": HASH[:12], "dependencies": {"total_dependencies": 2}},
        "field_order": ["api_key", "token", "password", "openai_api_key"],
    }
    yield Decoy(name="options, hashes and orders of fields", flow=flow(noisy))
    joined = [
        edge("Acme-1", "api_key", source=f"OpenAIModel-{make('w5', str(n))}") for n in range(3)
    ]
    yield Decoy(name="handles of edges", flow=flow(component(api_key=hidden()), edges=joined))
    tools = [{"name": "search", "args": {"api_key": {"title": "Api Key", "type": "string"}},
              "tags": ["search"], "commands": f"search-{HASH[:8]}"}]  # fmt: skip
    pairs = [["token", "cl100k_base"], ["--max-token", "4096"], ["--api-key", "ACME_API_KEY"]]
    yield Decoy(name="lists of texts", flow=flow(component(x=plain(pairs, "DictInput"))))
    yield Decoy(name="tools' descriptions", flow=flow(component(tools=plain(tools, "ToolsInput"))))
    yield Decoy(
        name="a nested schema with defaults",
        flow=flow(
            component(
                schema=plain(
                    {"type": "object", "required": ["token"], "token": {"default": "abc"}},
                    "NestedDictInput",
                    type="NestedDict",
                )
            )
        ),
    )
