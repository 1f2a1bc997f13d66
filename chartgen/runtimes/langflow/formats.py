"""Finds secrets by the forms that vendors give them.

`formats.json` is written by `scripts/secret_formats.py` from the rules of Betterleaks and Veles;
the forms here are wider than theirs where Langflow's own providers are concerned, and come first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

# A key and not its first line alone, which programs look for.
PEM = (
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:\\+[nr]|[\s\"'+,\\]|[\w-]+: [^\n\\]{0,80}){0,20}+[A-Za-z0-9+/=]{16,}"
)
WIDE: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("an OpenAI or Anthropic API key", ("sk-",), r"sk-(?=[\w-]*\d)[A-Za-z0-9_-]{20,}"),
    ("a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("a GitHub token", ("github_pat_",), r"github_pat_\w{22,}"),
    ("a GitLab token", ("glpat-",), r"glpat-[\w-]{20,}"),
    ("a Hugging Face token", ("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    ("a Slack token", ("xox",), r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
    ("an AWS access key", ("AKIA", "ASIA"), r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("a Google API key", ("AIza",), r"AIza[\w-]{35}"),
    ("a Google OAuth secret", ("GOCSPX-",), r"GOCSPX-[\w-]{20,}"),
    ("a Google OAuth token", ("ya29.",), r"ya29\.[\w-]{20,}"),
    ("a Groq API key", ("gsk_",), r"gsk_[A-Za-z0-9]{40,}"),
    ("a Stripe key", ("sk_live_", "rk_live_"), r"[rs]k_live_[A-Za-z0-9]{16,}"),
    ("a Tavily API key", ("tvly-",), r"tvly-[A-Za-z0-9-]{20,}"),
    ("an NVIDIA API key", ("nvapi-",), r"nvapi-[\w-]{40,}"),
    ("a Pinecone API key", ("pcsk_",), r"pcsk_[\w-]{40,}"),
    ("a Firecrawl API key", ("fc-",), r"fc-[a-f0-9]{32}(?![A-Za-z0-9])"),
    ("a LangSmith API key", ("lsv2_", "ls__"), r"ls(?:v2_[a-z]{2}_|__)[A-Za-z0-9_]{30,}"),
    ("an Apify token", ("apify_api_",), r"apify_api_[A-Za-z0-9]{30,}"),
    ("a Databricks token", ("dapi",), r"dapi[a-f0-9]{32}"),
    ("a Notion token", ("ntn_", "secret_"), r"(?:ntn|secret)_(?=\w*\d)[A-Za-z0-9]{40,}"),
    ("an Airtable token", ("pat",), r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("an Astra DB token", ("AstraCS:",), r"AstraCS:[A-Za-z]{10,}:[a-f0-9]{32,}"),
    ("a SendGrid key", ("SG.",), r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    ("a Twilio key", ("SK",), r"SK[a-f0-9]{32}(?![A-Za-z0-9])"),
    ("a Vault token", ("hvs.",), r"hvs\.[\w-]{24,}"),
    ("a private key", ("-----BEGIN ",), PEM),
    ("a JSON web token", ("eyJ",), r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    ("an encrypted JSON web token", ("eyJ",), r"eyJ[\w-]{10,}\.[\w-]*\.[\w-]{10,}\.[\w-]+\.[\w-]+"),
    ("a key in PEM's base64", ("LS0tLS1CRUdJTi",), r"LS0tLS1CRUdJTi[\w+/=]{40,}"),
)
SHORTEST = 15
# Where a secret may begin. All but a few start with a long run of these.
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}+")
WHOLE = re.compile(r"[A-Za-z0-9_-]+")
# In code `\n` is two letters, and the second is no part of what follows.
ESCAPED = re.compile(r"\\[nrt]")
EXAMPLE = re.compile(
    r"(?i)x{4,}|\*{3,}|\.{3}|your|example|placeholder|(.)\1{9,}|1234567890abcdef|redacted|changeme"
)


@dataclass(frozen=True, kw_only=True)
class Format:
    """What a vendor's secrets look like: the letters in front, and an expression for the whole."""

    kind: str
    prefix: str
    shape: str
    is_wide: bool


@dataclass(frozen=True, kw_only=True)
class Formats:
    """All formats, by the first two letters; ours come first.

    `leading` are the prefixes of which a token is recognised, `rare` those that are looked for.
    """

    by_start: Mapping[str, tuple[Format, ...]]
    leading: tuple[str, ...]
    rare: tuple[str, ...]


@cache
def load() -> Formats:
    """All formats. An expression is compiled when its first letters are met, and not before."""
    text = resources.files(__package__).joinpath("formats.json").read_text("utf-8")
    found = [
        Format(kind=kind, prefix=prefix, shape=shape, is_wide=True)
        for kind, prefixes, shape in WIDE
        for prefix in prefixes
    ]
    found += (
        Format(kind=f"a secret of the form {rule['kind']}", prefix=prefix, shape=rule["shape"],
               is_wide=False)
        for rule in json.loads(text)
        for prefix in rule["prefixes"]
    )  # fmt: skip
    by_start: dict[str, tuple[Format, ...]] = {}
    for one in found:
        by_start[one.prefix[:2]] = (*by_start.get(one.prefix[:2], ()), one)
    prefixes = {one.prefix: None for one in found}
    return Formats(
        by_start=by_start,
        leading=tuple(prefix for prefix in prefixes if WHOLE.fullmatch(prefix)),
        rare=tuple(prefix for prefix in prefixes if not WHOLE.fullmatch(prefix)),
    )


def find(text: str) -> Iterator[tuple[str, str]]:
    """Each secret in a text: its kind in words, and the secret itself."""
    if len(text) < SHORTEST:
        return
    known = load()
    for start in _starts(ESCAPED.sub("  ", text) if "\\" in text else text, known):
        for one in known.by_start[text[start : start + 2]]:
            if secret := _match(one, text, start):
                yield one.kind, secret
                break


def _starts(text: str, known: Formats) -> Iterator[int]:
    """Where a secret may begin."""
    for match in TOKEN.finditer(text):
        if match[0][:2] in known.by_start and match[0].startswith(known.leading):
            yield match.start()
    for prefix in known.rare:
        start = text.find(prefix)
        while start >= 0:
            if not start or not (text[start - 1].isalnum() or text[start - 1] in "_-"):
                yield start
            start = text.find(prefix, start + len(prefix))


def _match(one: Format, text: str, start: int) -> str:
    """The secret of a format that begins here, or ""."""
    match = _compiled(one.shape).match(text, start) if text.startswith(one.prefix, start) else None
    if not match or EXAMPLE.search(match[0]):
        return ""
    body = match[0][len(one.prefix) :]
    # A long word in one case is a name, as code has them.
    mixed = any(map(str.isdigit, body)) or not (body.islower() or body.isupper())
    return match[0] if mixed or (one.is_wide and body.isupper()) else ""


_compiled = cache(re.compile)
