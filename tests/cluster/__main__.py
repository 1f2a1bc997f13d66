"""`python -m tests.cluster build|start|stop`."""

from __future__ import annotations

import sys
import time

from tests.cluster import build, cluster, processes


def main() -> None:
    """Do what the argument names."""
    commands = {"build": _build, "start": _start, "stop": cluster.stop}
    name = " ".join(sys.argv[1:])
    if name not in commands:
        raise SystemExit(f"python -m tests.cluster {'|'.join(commands)}")
    begun = time.monotonic()
    try:
        commands[name]()
    except (build.Failed, processes.Failed) as fault:
        raise SystemExit(str(fault)) from None
    print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)  # noqa: T201


def _build() -> None:
    print(build.build())  # noqa: T201


def _start() -> None:
    made = cluster.start()
    print(f"export KUBECONFIG={made.kubeconfig}")  # noqa: T201


if __name__ == "__main__":
    main()
