"""The cgroups of the nodes, in a kernel's first or second version of them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tests.cluster import processes

ROOT = Path("/sys/fs/cgroup")
NAME = "chartgen-cluster"
# What a kubelet limits; it is not there to be limited unless the parent says so.
CONTROLLERS = ("cpu", "cpuset", "memory", "pids")


def unified() -> bool:
    """Whether the machine has the second version, and nothing of the first."""
    return (ROOT / "cgroup.controllers").exists()


def make(node: str) -> str:
    """Make the cgroup that all pods of a node are in: its path as the kubelet names it."""
    for top in _tops():
        (top / node).mkdir(parents=True, exist_ok=True)
    if unified():
        for parent in (ROOT, ROOT / NAME, ROOT / NAME / node):
            given = (parent / "cgroup.controllers").read_text().split()
            wanted = " ".join(f"+{name}" for name in CONTROLLERS if name in given)
            (parent / "cgroup.subtree_control").write_text(wanted)
    return f"/{NAME}/{node}"


def remove() -> None:
    """Remove all of the nodes' cgroups, once the processes in them have ended."""

    def removed() -> bool:
        for top in _tops():
            for folder in sorted(top.rglob("*/"), key=lambda path: len(path.parts), reverse=True):
                with suppress(OSError):
                    folder.rmdir()
            with suppress(OSError):
                top.rmdir()
        return not any(top.exists() for top in _tops())

    processes.wait(removed, f"there are processes left in the cgroup {NAME}")


def _tops() -> list[Path]:
    if unified():
        return [ROOT / NAME]
    # The first version has a tree for every controller.
    return [tree / NAME for tree in ROOT.iterdir() if tree.is_dir() and not tree.is_symlink()]
