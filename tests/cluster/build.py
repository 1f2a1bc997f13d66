"""Kubernetes' programs, built from the modules that go.mod pins."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "cluster"
# Its libraries are of a later release than the others'.
METRICS = HERE / "metrics-server"
# One program under many names, as BusyBox is one: what they share is linked once.
NAMES = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
)
# Charts ask the API server for its version; built without these it says v0.0.0-master.
STAMPED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


class Failed(Exception):
    """The build did not work, and what it said."""


def programs() -> Path:
    """Where the programs lie. The name changes with all that goes into them."""
    content = hashlib.sha256()
    sources = (HERE / name for name in ("go.mod", "go.sum", "build.py"))
    for file in (*sources, *sorted((HERE / "commands").rglob("*.go")), *sorted(METRICS.iterdir())):
        content.update(file.read_bytes())
    return CACHE / content.hexdigest()[:16] / "bin"


def version(module: str = "k8s.io/kubernetes") -> str:
    """The version of a module that go.mod names."""
    pinned = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)$", _modules(), re.MULTILINE)
    if pinned is None:
        raise Failed(f"go.mod does not name {module}")
    return pinned.group(1)


def build() -> Path:
    """Make the programs unless they are there."""
    made = programs()
    if made.is_dir():
        return made
    if shutil.which("go") is None:
        raise Failed("there is no Go: https://go.dev/doc/install")
    CACHE.mkdir(parents=True, exist_ok=True)
    # A build that was interrupted leaves only this, and the next one removes it.
    work = CACHE / "unfinished"
    shutil.rmtree(work, ignore_errors=True)
    _compile(HERE, "./commands/...", work)
    _compile(METRICS, ".", work)
    for name in NAMES:
        (work / name).symlink_to("kubernetes")
    for former in CACHE.iterdir():
        if former != work:
            shutil.rmtree(former)
    made.parent.mkdir()
    work.rename(made)
    return made


def _compile(module: Path, packages: str, into: Path) -> None:
    flags = " ".join(("-s", "-w", *_stamps()))
    done = subprocess.run(  # noqa: S603 - our own arguments, and no shell
        ["go", "build", "-trimpath", f"-ldflags={flags}", "-o", f"{into}/", packages],  # noqa: S607 - the developer's own Go
        cwd=module,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"},
        check=False,
    )
    if done.returncode:
        raise Failed(f"go build ended with {done.returncode}")


def _stamps() -> list[str]:
    full = version()
    major, minor, _ = full.removeprefix("v").split(".", 2)
    told = {"gitVersion": full, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return [f"-X {package}.{name}={text}" for package in STAMPED for name, text in told.items()]


def _modules() -> str:
    return (HERE / "go.mod").read_text(encoding="utf-8")
