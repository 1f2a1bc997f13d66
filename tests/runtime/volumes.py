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
from tests.runtime.fields import Fields, Unknown, reading
from tests.runtime.quantities import amount

Content = Mapping[str, bytes]
# Every Secret and ConfigMap of a namespace: kind and name → what it holds.
Stored = Mapping[tuple[str, str], Content]
# Volumes that outlive pods: a claim's name → a folder of this machine.
Claims = Mapping[str, Path]
# A volume of an object: the object's kind, and the field that names it.
KINDS = {"secret": ("Secret", "secretName"), "configMap": ("ConfigMap", "name")}
SOURCES = ("emptyDir", "persistentVolumeClaim", *KINDS, "projected")
CURRENT, VERSION = "..data", "..2026_01_01_00_00_00.123456789"


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
    claims: Claims | None = None,
) -> list[Mount]:
    """Where a container finds its volumes; what they hold lies in `folder`, or is claimed."""
    known = claims or {}
    volumes = dict(_volume(volume, store, group, folder, known) for volume in pod_volumes)
    found = []
    for mount in container_mounts:
        with reading(mount, "volumeMounts[]") as fields:
            made = volumes[fields.take("name")]
            path, read_only = fields.take("mountPath"), bool(fields.take("readOnly", False))
        found.append(made.at(path, read_only=read_only))
    return found


def _volume(
    volume: Mapping[str, Any], store: Stored, group: int | None, folder: Path, claims: Claims
) -> tuple[str, Volume]:
    with reading(volume, "volumes[]") as fields:
        name = fields.take("name")
        sources = {kind: fields.take(kind) for kind in SOURCES}
    given = {kind: source for kind, source in sources.items() if source is not None}
    if len(given) != 1:
        raise Unknown(f"volume {name}: it is neither {', '.join(sources)}")
    ((kind, source),) = given.items()
    if kind == "emptyDir":
        return name, _empty(source, group, folder / name)
    if kind == "persistentVolumeClaim":
        return name, _claimed(source, group, claims)
    with reading(source, f"volume {name}") as fields:
        mode = fields.take("defaultMode", 0o644)
        content = (
            _projected(fields.take("sources"), store)
            if kind == "projected"
            else _held(fields, *KINDS[kind], store)
        )
    return name, _files(content, mode, group, folder / name)


def _projected(sources: Iterable[Mapping[str, Any]], store: Stored) -> Content:
    """What several Secrets and ConfigMaps give to one folder."""
    found: dict[str, bytes] = {}
    for source in sources:
        with reading(source, "sources[]") as fields:
            for kind, (held, _) in KINDS.items():
                if (reference := fields.take(kind)) is not None:
                    with reading(reference, kind) as inner:
                        found |= _held(inner, held, "name", store)
    return found


def _held(fields: Fields, kind: str, key: str, store: Stored) -> Content:
    """The files that a Secret or ConfigMap gives: all that it holds, or the items."""
    name, items = fields.take(key), fields.take("items")
    optional = fields.take("optional", False)
    held = store.get((kind, name), {}) if optional else store[kind, name]
    if items is None:
        return held
    found = {}
    for item in items:
        with reading(item, "items[]") as entry:
            path, wanted = entry.take("path"), entry.take("key")
        if wanted in held or not optional:
            found[path] = held[wanted]
    return found


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


def _claimed(source: Mapping[str, Any], group: int | None, claims: Claims) -> Volume:
    """What outlives pods; with each start all of it is given to the pod's group anew."""
    with reading(source, "persistentVolumeClaim") as fields:
        folder = claims[fields.take("claimName")]
    for path in (folder, *folder.rglob("*")):
        if group is not None and not path.is_symlink():
            _give(path, group, path.stat().st_mode & 0o7777 | (0o770 if path.is_dir() else 0o660))
    return Volume(folder=folder)


def _files(content: Content, mode: int, group: int | None, folder: Path) -> Volume:
    """Files as a kubelet lays them down: links into a folder that it exchanges as a whole."""
    (folder / VERSION).mkdir(parents=True)
    (folder / CURRENT).symlink_to(VERSION)
    for name, data in content.items():
        (folder / VERSION / name).write_bytes(data)
        # fsGroup lets the group read what the owner reads.
        _give(folder / VERSION / name, group, mode | (mode & 0o400) >> 3)
        (folder / name).symlink_to(f"{CURRENT}/{name}")
    _give(folder / VERSION, group, 0o755)
    _give(folder, group, 0o755)
    return Volume(folder=folder, read_only=True)


def _give(path: Path, group: int | None, mode: int) -> None:
    """Give it to the pod's group; so are the files that will be made in it."""
    if group is not None:
        os.chown(path, -1, group)
        mode |= 0o2000 if path.is_dir() else 0
    path.chmod(mode)
