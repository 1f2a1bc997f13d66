"""Volumes of a pod as mounts of a container, with the owners and modes that a kubelet gives."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.types import Mount

from tests.helm import Objects
from tests.runtime.fields import Unknown, reading
from tests.runtime.quantities import amount

Content = Mapping[str, bytes]
# Every Secret and ConfigMap of a namespace: kind and name → what it holds.
Stored = Mapping[tuple[str, str], Content]


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A folder of this machine, or a piece of memory (`folder` is None) of at most `size` bytes."""

    folder: Path | None
    size: int | None = None
    read_only: bool = False

    def at(self, path: str, *, read_only: bool) -> Mount:
        """This volume, mounted."""
        if self.folder is None:
            return Mount(path, None, type="tmpfs", tmpfs_size=self.size, tmpfs_mode=0o1777)
        return Mount(path, str(self.folder), type="bind", read_only=self.read_only or read_only)


def stored(objects: Objects, others: Stored | None = None) -> Stored:
    """What a chart stores, beside what is in the namespace already."""
    found = dict(others or {})
    if secret := objects.get("Secret"):
        found["Secret", secret["metadata"]["name"]] = {
            key: base64.b64decode(value, validate=True) for key, value in secret["data"].items()
        }
    if config := objects.get("ConfigMap"):
        found["ConfigMap", config["metadata"]["name"]] = {
            key: value.encode() for key, value in config["data"].items()
        }
    return found


def mounts(
    pod_volumes: Iterable[Mapping[str, Any]],
    container_mounts: Iterable[Mapping[str, Any]],
    *,
    store: Stored,
    group: int | None,
    folder: Path,
) -> list[Mount]:
    """Where a container finds its volumes; what they hold lies in `folder`."""
    volumes = dict(_volume(volume, store, group, folder) for volume in pod_volumes)
    found = []
    for mount in container_mounts:
        with reading(mount, "volumeMounts[]") as fields:
            made = volumes[fields.take("name")]
            path, read_only = fields.take("mountPath"), bool(fields.take("readOnly", False))
        found.append(made.at(path, read_only=read_only))
    return found


def _volume(
    volume: Mapping[str, Any], store: Stored, group: int | None, folder: Path
) -> tuple[str, Volume]:
    with reading(volume, "volumes[]") as fields:
        name = fields.take("name")
        empty, secret = fields.take("emptyDir"), fields.take("secret")
        config = fields.take("configMap")
    if empty is not None:
        return name, _empty(empty, group, folder / name)
    if secret is None and config is None:
        raise Unknown(f"volume {name}: it is neither emptyDir, secret nor configMap")
    kind, source, key = (
        ("Secret", secret, "secretName") if secret else ("ConfigMap", config, "name")
    )
    with reading(source, f"volume {name}") as fields:
        content, mode = store[kind, fields.take(key)], fields.take("defaultMode", 0o644)
    return name, _files(content, mode, group, folder / name)


def _empty(source: Mapping[str, Any], group: int | None, folder: Path) -> Volume:
    """A folder on the node's disk, which the pod's memory limit does not count."""
    with reading(source, "emptyDir") as fields:
        limit, medium = fields.take("sizeLimit"), fields.take("medium", "")
    if medium == "Memory":
        return Volume(folder=None, size=amount(limit) if limit else None)
    if medium:
        raise Unknown(f"emptyDir.medium: {medium}")
    # A limit on disk stops no write: the kubelet looks now and then, and evicts.
    folder.mkdir(parents=True)
    _give(folder, group, 0o777)
    return Volume(folder=folder)


def _files(content: Content, mode: int, group: int | None, folder: Path) -> Volume:
    folder.mkdir(parents=True)
    for name, data in content.items():
        (folder / name).write_bytes(data)
        # fsGroup lets the group read what the owner reads.
        _give(folder / name, group, mode | (mode & 0o400) >> 3)
    _give(folder, group, 0o755)
    return Volume(folder=folder, read_only=True)


def _give(path: Path, group: int | None, mode: int) -> None:
    """Give it to the pod's group; so are the files that will be made in it."""
    if group is not None:
        os.chown(path, -1, group)
        mode |= 0o2000 if path.is_dir() else 0
    path.chmod(mode)
