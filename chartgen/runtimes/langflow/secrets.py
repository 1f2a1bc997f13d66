"""Finds secrets by their looks, wherever in a flow they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chartgen.runtimes.langflow import names

# The shapes are the vendors' published key formats.
FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![A-Za-z0-9_-]){shape}"))
    for kind, shape in (
        ("an OpenAI or Anthropic API key", r"sk-(?=[\w-]*\d)[A-Za-z0-9_-]{20,}"),
        ("a GitHub token", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})"),
        ("a GitLab token", r"glpat-[\w-]{20,}"),
        ("a Hugging Face token", r"hf_[A-Za-z0-9]{30,}"),
        ("a Slack token", r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
        ("an AWS access key", r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("a Google API key", r"AIza[\w-]{35}"),
        ("a Groq API key", r"gsk_[A-Za-z0-9]{40,}"),
        ("a Stripe key", r"[rs]k_live_[A-Za-z0-9]{16,}"),
        ("a Tavily API key", r"tvly-[A-Za-z0-9-]{20,}"),
        ("an NVIDIA API key", r"nvapi-[\w-]{40,}"),
        ("a Pinecone API key", r"pcsk_[\w-]{40,}"),
        ("an Astra DB token", r"AstraCS:[A-Za-z]{10,}:[a-f0-9]{32,}"),
        ("a SendGrid key", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
        ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
        ("a JSON web token", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    )
)
# How Langflow writes a variable inside another text.
VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
# A password in front of the host: RFC 3986, section 3.2.1.
USERINFO = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\"'<>{}$]*:([^\s/@\"'<>]+)@[\w.-]+")
# Nearly no text has any of these, and one search is cheaper than one for each format.
HINT = re.compile(
    r"sk-|gh[pousr]_|github_pat_|glpat-|hf_|xox|AKIA|ASIA|AIza|gsk_|[rs]k_live_|tvly-|nvapi-|"
    r"pcsk_|AstraCS:|SG\.|-----BEGIN|eyJ|://"
)
EXAMPLE_PASSWORDS = frozenset(
    {"password", "pass", "pwd", "passwd", "secret", "postgres", "user", "username"}
)
EXAMPLE = re.compile(r"(?i)x{4,}|\*{3,}|\.{3}|your|example|placeholder|(.)\1{9,}|1234567890abcdef")


def kinds(text: str) -> Iterator[str]:
    """What secrets a text holds, in words; the secrets themselves are not given."""
    if not HINT.search(text):
        return
    for kind, shape in FORMATS:
        if any(not EXAMPLE.search(match[0]) for match in shape.finditer(text)):
            yield kind
    if any(not _is_example_password(match[1]) for match in USERINFO.finditer(text)):
        yield "a password in a URL"


def _is_example_password(text: str) -> bool:
    return (
        text.lower() in EXAMPLE_PASSWORDS
        or text.startswith(("{", "$", "%"))
        or names.is_placeholder(text)
        or bool(EXAMPLE.search(text))
    )


def held_under(key: object, text: str) -> bool:
    """Whether a header's or variable's value is a secret, by its key or by its looks."""
    if names.is_placeholder(text) or VARIABLE.fullmatch(text):
        return False
    named = isinstance(key, str) and names.looks_secret(key) and len(text) > 3
    return named or any(kinds(text))
