"""Which settings of Langflow weaken a pod when they are changed: one table, a reason each.

Names and values are those of langflow-base and lfx 1.13.0 (`lfx/services/settings`), which reads
truths as pydantic does, and names in any case.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping

from chartgen.runtimes.langflow import secrets

Reading = Callable[[str], bool]

TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE = frozenset({"0", "false", "f", "no", "n", "off"})
METADATA = ipaddress.ip_address("169.254.169.254")
# What is wider than this is more than one network of one's own.
WIDEST_V4, WIDEST_V6 = 16, 48
QUIET = frozenset({"WARNING", "WARN", "ERROR", "CRITICAL"})


def on(text: str) -> bool:
    """Whether a text is a yes."""
    return text.strip().lower() in TRUE


def off(text: str) -> bool:
    """Whether a text is a no."""
    return text.strip().lower() in FALSE


def one_of(*words: str) -> Reading:
    """Whether a text is one of some words."""
    return lambda text: text.strip().lower() in words


def given(text: str) -> bool:
    """Whether there is any text."""
    return bool(text.strip())


def wide_hosts(text: str) -> bool:
    """Whether a list of hosts and networks lets in about everything, or a cloud's metadata."""
    return any(map(_is_wide, text.split(",")))


def wide_senders(text: str) -> bool:
    """Whether keys of providers may go to any host of a domain such as `com`, or in clear."""
    hosts = [one.strip().lower() for one in text.split(",")]
    return any(one.startswith("http://") or _is_wide(one) for one in hosts)


def loud_httpx(text: str) -> bool:
    """Whether the client that flows call with logs the addresses that it calls."""
    levels = dict(part.split("=", 1) for part in text.replace(" ", "").split(",") if "=" in part)
    return levels.get("httpx", "").upper() not in QUIET


def _is_wide(text: str) -> bool:
    host = text.strip().lower()
    if host.startswith("*"):
        return host.count(".") < 2
    try:
        network = ipaddress.ip_network(host, strict=False)
    except ValueError:
        return False
    widest = WIDEST_V4 if network.version == 4 else WIDEST_V6
    return network.prefixlen < widest or METADATA in network


# Without the LANGFLOW_ in front: what is weak, and what it lets happen.
WEAK: Mapping[str, tuple[Reading, str]] = {
    "AUTO_LOGIN": (on, "whoever reaches Langflow is its administrator, without a login"),
    "SKIP_AUTH_AUTO_LOGIN": (on, "whoever reaches Langflow may ask it without a key"),
    "ENABLE_SIGNUP": (on, "everybody may make himself a user"),
    "NEW_USER_IS_ACTIVE": (on, "who signs up is let in without being asked"),
    "ENABLE_SUPERUSER_CLI": (on, "a command in the pod makes administrators"),
    "WEBHOOK_AUTH_ENABLE": (off, "webhooks run flows without a key"),
    "API_KEY_SOURCE": (one_of("db"), "keys out of the database count, and not the chart's own"),
    "RATE_LIMIT_ENABLED": (off, "passwords may be tried without a limit"),
    "RATE_LIMIT_TRUST_PROXY": (on, "callers say themselves which address is limited"),
    "CORS_ALLOW_CREDENTIALS": (on, "scripts of other sites may ask with what a browser keeps"),
    "REFRESH_SAME_SITE": (one_of("none", "lax"), "cookies are sent from other sites"),
    "ACCESS_SAME_SITE": (one_of("none", "lax"), "cookies are sent from other sites"),
    "TWEAKS_POLICY": (
        one_of("permissive", "declared"),
        "callers change fields of flows: addresses, models, prompts",
    ),
    "ALLOW_CUSTOM_COMPONENTS": (on, "code that is not Langflow's own runs"),
    "ALLOW_PUBLIC_CUSTOM_COMPONENTS": (on, "public flows run code that is not Langflow's own"),
    "CUSTOM_COMPONENT_ADMIN_ONLY": (off, "every user may change the code of components"),
    "BLOCK_CODE_INTERPRETER_COMPONENTS": (off, "components run code that a model or caller wrote"),
    "ENABLE_EXTENSION_RELOAD": (on, "code can be loaded while the server runs"),
    "COMPONENTS_PATH": (given, "code that lies there is taken for Langflow's own"),
    "COMPONENTS_INDEX_PATH": (given, "code that is listed there is taken for Langflow's own"),
    "DEVELOPER_API_ENABLED": (on, "an API for developers answers"),
    "DEV": (on, "the server runs as on a developer's desk"),
    "A2A_ENABLED": (on, "flows answer by a protocol that nothing here needs"),
    "A2A_ALLOW_PRIVATE_WEBHOOKS": (on, "callers send the server to private addresses"),
    "AGENTIC_EXPERIENCE": (on, "an assistant writes and runs code"),
    "BACKEND_ONLY": (off, "the editor is served"),
    "MCP_SSE_ENABLED": (on, "MCP answers in its former way, too, which nothing here needs"),
    "MCP_COMPOSER_ENABLED": (on, "a further server for MCP is started"),
    "ADD_PROJECTS_TO_MCP_SERVERS": (on, "every project becomes an MCP server"),
    "MCP_SERVERS_LOCKED": (off, "users add MCP servers, which are programs that are started"),
    "SSRF_PROTECTION_ENABLED": (off, "flows reach private addresses and a cloud's metadata"),
    "CONNECTOR_SSRF_VALIDATION_ENABLED": (
        off,
        "databases and models at private addresses are reached",
    ),
    "SSRF_ALLOWED_HOSTS": (wide_hosts, "the protection of private addresses has a wide gap"),
    "PROVIDER_CREDENTIAL_ALLOWED_HOSTS": (
        wide_senders,
        "keys of providers are sent to about any host, or in clear",
    ),
    "RESTRICT_LOCAL_FILE_ACCESS": (off, "flows read the files of the pod"),
    "LOAD_FLOWS_PATH": (given, "other flows than the packaged ones are served"),
    "STORE_ENVIRONMENT_VARIABLES": (on, "credentials are copied into the database"),
    "REMOVE_API_KEYS": (off, "keys stay in flows that are stored"),
    "TRANSACTIONS_STORAGE_ENABLED": (on, "what was said is kept in the database"),
    "VERTEX_BUILDS_STORAGE_ENABLED": (on, "what components gave is kept in the database"),
    "LOG_LEVEL": (one_of("debug"), "prompts, answers and whole flows are logged"),
    "LOG_LEVELS": (loud_httpx, "addresses that flows call are logged, some with a key in them"),
}
# Variables of the system that bring code of somebody else into the process.
CODE = ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "LD_PRELOAD", "LD_LIBRARY_PATH")


def guards(name: str) -> bool:
    """Whether a variable can weaken Langflow at all."""
    return name.upper().removeprefix("LANGFLOW_") in WEAK and name.upper().startswith("LANGFLOW_")


def weakens(name: str, value: str) -> str:
    """What a variable with this value lets happen that else does not, or ""."""
    if name in CODE:
        return "the process loads code from there" if value else ""
    if not guards(name):
        return ""
    is_weak, what = WEAK[name.upper().removeprefix("LANGFLOW_")]
    return what if is_weak(value) else ""


def is_secret(name: str, value: str) -> bool:
    """Whether a variable's value is a secret, by its name or by its looks."""
    return secrets.held_under(name, value)
