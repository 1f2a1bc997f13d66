"""compose.yaml of a release: replicas behind NGINX, and PostgreSQL, without a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chartgen import tree
from chartgen.chart import text
from chartgen.local import nginx, pod, variables
from chartgen.local.pod import Pod
from chartgen.tree import Tree

FOLDER = ".compose"
REPLICAS = 2
DATABASE = "runtime"  # the database's name, and that of its user
# What PostgreSQL's own image needs to give its folder to its user and become that one.
POSTGRES_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")
CONFIGURATION = "/etc/nginx/nginx.conf"
NGINX_USER = "101:101"

Service = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Composed:
    """The folder that was written, its files, and what the image is called without a registry."""

    folder: Path
    files: tuple[Path, ...]
    image: str


def compose(file: Path, *, replicas: int = REPLICAS, destination: Path | None = None) -> Composed:
    """Write what Docker Compose needs to run a release, whose report is `file`.

    It becomes a folder in `destination`, which is by default that of the report; what else is
    in it already, such as a .env, stays. Raises InvalidInput when the chart is not what the
    report says.
    """
    read = pod.read(file)
    into = (destination or file.parent) / f"{read.name}-{read.version}{FOLDER}"
    made = files(read, replicas)
    for name, data in made.items():
        tree.write_file(into / name, data)
    return Composed(
        folder=into, files=tuple(into / name for name in made), image=read.image_of_engine
    )


def files(read: Pod, replicas: int) -> Tree:
    """The files of the folder, the same bytes for the same arguments."""
    heading = f"# {read.name} {read.version}. Made by chartgen; .env has what is yours.\n"
    return {
        ".env.example": variables.example(read),
        "compose.yaml": heading.encode() + text.to_yaml(text.quoted(document(read, replicas))),
        "nginx.conf": nginx.configuration("runtime", read.app["port"]),
    }


def document(read: Pod, replicas: int) -> dict[str, Any]:
    """What compose.yaml says, as data."""
    stack = {name: item.reference for name, item in variables.stack(read).items()}
    return {
        "services": {
            "nginx": _nginx(read, stack),
            "runtime": _runtime(read, stack, replicas),
            "database": _database(stack),
        },
        # The runtime's one leads out, because flows ask model providers; the database's does not.
        "networks": {"front": {}, "back": {"internal": True}},
        "volumes": {"database": {}},
    }


def _runtime(read: Pod, stack: dict[str, str], replicas: int) -> Service:
    """The chart's pod."""
    probe = read.values["readinessProbe"]
    return {
        "image": stack[variables.RUNTIME],
        "deploy": {"replicas": replicas},
        "restart": "unless-stopped",
        "entrypoint": [_literal(word) for word in read.app["command"]],
        "environment": _environment(read, stack),
        **read.restrictions,
        # In memory, and so a part of what the container may use.
        "tmpfs": [f"{_literal(path)}:mode=1777" for path in read.app["writablePaths"]],
        "mem_limit": read.memory,
        "memswap_limit": read.memory,
        "cpus": read.processors,
        "cpu_shares": read.shares,
        "stop_grace_period": f"{read.grace}s",
        "healthcheck": {
            "test": [_literal(word) for word in read.check],
            "interval": f"{probe['periodSeconds']}s",
            "timeout": f"{probe['timeoutSeconds']}s",
            "retries": probe["failureThreshold"],
            "start_period": f"{read.patience}s",
        },
        "networks": ["front", "back"],
        "depends_on": {"database": {"condition": "service_healthy"}},
    }


def _environment(read: Pod, stack: dict[str, str]) -> dict[str, str | None]:
    """The pod's environment, with the database that all replicas share.

    A null hands on what .env has, and nothing when it has nothing: then the flow's own value
    holds.
    """
    password = stack[variables.PASSWORD]
    address = f"postgresql://{DATABASE}:{password}@database:5432/{DATABASE}"
    shared = {**read.environment, **read.pool}
    settings = {name: _literal(value) for name, value in shared.items()}
    asked = {
        item.name: item.reference if item.required else None
        for item in (*variables.parameters(read), *variables.credentials(read))
    }
    return dict(sorted({**settings, read.app["database"]["env"]: address, **asked}.items()))


def _nginx(read: Pod, stack: dict[str, str]) -> Service:
    url = f"http://127.0.0.1:{nginx.PORT}{read.app['health']['readiness']}"
    asking = f"curl --fail --silent --output /dev/null {url} || wget -q -O /dev/null {url}"
    return {
        "image": stack[variables.NGINX],
        "restart": "unless-stopped",
        "entrypoint": ["nginx", "-e", "stderr", "-c", CONFIGURATION, "-g", "daemon off;"],
        "user": NGINX_USER,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "tmpfs": ["/tmp:mode=1777"],  # noqa: S108 - the container's own
        "volumes": [f"./nginx.conf:{CONFIGURATION}:ro"],
        "ports": [f"{stack[variables.ADDRESS]}:{stack[variables.PORT]}:{nginx.PORT}"],
        "healthcheck": {
            "test": ["CMD-SHELL", _literal(asking)],
            "interval": "10s",
            "timeout": "10s",
            "retries": 3,
            "start_period": "10s",
        },
        "networks": ["front"],
        "depends_on": {"runtime": {"condition": "service_healthy"}},
    }


def _database(stack: dict[str, str]) -> Service:
    return {
        "image": stack[variables.POSTGRES],
        "restart": "unless-stopped",
        "environment": {
            "POSTGRES_DB": DATABASE,
            "POSTGRES_PASSWORD": stack[variables.PASSWORD],
            "POSTGRES_USER": DATABASE,
        },
        "cap_drop": ["ALL"],
        "cap_add": list(POSTGRES_CAPABILITIES),
        "security_opt": ["no-new-privileges:true"],
        "volumes": ["database:/var/lib/postgresql/data"],
        "healthcheck": {
            # By TCP, on which it does not listen before it is set up.
            "test": ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", DATABASE, "-d", DATABASE],
            "interval": "3s",
            "timeout": "5s",
            "retries": 20,
        },
        "networks": ["back"],
    }


def _literal(value: str) -> str:
    """A text in which Compose replaces nothing."""
    return value.replace("$", "$$")
