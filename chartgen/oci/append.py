"""Putting a layer on a base: its new configuration and manifest, always in OCI's media types.

Unknown keys and the order of keys stay as the base has them. Sources: image-spec `config.md`,
`manifest.md`, `annotations.md`; jib for the padding of the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chartgen.errors import InvalidInput
from chartgen.oci import document, manifest, media
from chartgen.oci.descriptor import digest_of
from chartgen.oci.document import Json
from chartgen.oci.layer import Layer

ANNOTATION = "org.opencontainers.image."
# What Docker's old builder wrote about the container it had built in.
_STALE = ("container", "container_config", "docker_version")


@dataclass(frozen=True, kw_only=True)
class Change:
    """What our image says differently from its base; what is empty stays the base's.

    A base's entrypoint stays too, as in a Dockerfile, unless `clear_entrypoint` takes it away.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    cmd: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    clear_entrypoint: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict)
    base_name: str = ""
    created_by: str = "chartgen"


def append(
    base_manifest: bytes, base_config: bytes, layer: Layer, change: Change, *, created: int
) -> tuple[bytes, bytes]:
    """The configuration and the manifest of the base with one more layer."""
    what = f"the base's manifest {digest_of(base_manifest)}"
    config = _config(base_config, layer, change, created, what)
    parsed = manifest.manifest(base_manifest, what)
    if len(parsed.layers) != len(document.load(config, what)["rootfs"]["diff_ids"]) - 1:
        raise InvalidInput(f"{what} and its configuration do not have the same number of layers")
    old = document.load(base_manifest, what)
    head: Json = {"schemaVersion": 2, "mediaType": media.MANIFEST}
    new = {**head, **{key: old[key] for key in old if key not in {*head, "subject"}}}
    new["config"] = {
        **{key: value for key, value in old["config"].items() if key not in {"data", "urls"}},
        "mediaType": media.CONFIG,
        "digest": digest_of(config),
        "size": len(config),
    }
    new["layers"] = [
        *(
            {**item, "mediaType": media.to_oci(item["mediaType"])}
            for item in old.get("layers") or ()
        ),
        layer.descriptor.json(),
    ]
    inherited = document.annotated(old, what)
    new["annotations"] = annotations_of(change, digest_of(base_manifest), created, inherited)
    return config, document.dump(new)


def annotations_of(
    change: Change, base_digest: str, created: int, inherited: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What a manifest or an index of ours says about itself.

    Of the base's annotations those that tell what the base is are left out.
    """
    found = {key: text for key, text in (inherited or {}).items() if not key.startswith(ANNOTATION)}
    found |= {
        f"{ANNOTATION}base.digest": base_digest,
        f"{ANNOTATION}created": manifest.time(created),
    }
    if change.base_name:
        found[f"{ANNOTATION}base.name"] = change.base_name
    return dict(sorted((found | dict(change.annotations)).items()))


def _config(data: bytes, layer: Layer, change: Change, created: int, what: str) -> bytes:
    what = f"the configuration of {what}"
    manifest.config(data, what)
    new = {key: value for key, value in document.load(data, what).items() if key not in _STALE}
    new["created"] = manifest.time(created)
    new["config"] = _run(document.section(new, "config", what), change, what)
    rootfs = document.section(new, "rootfs", what)
    below = document.texts(rootfs, "diff_ids", what)
    new["rootfs"] = {**rootfs, "diff_ids": [*below, layer.diff_id]}
    if history := _history(document.items(new, "history", what), len(below), what):
        entry = {"created": manifest.time(created), "created_by": change.created_by}
        new["history"] = [*history, entry]
    return document.dump(new)


def _history(history: list[Json], layers: int, what: str) -> list[Json]:
    """The base's history, padded to one entry a layer.

    A base without any history has none with our layer either, as one entry would be the wrong one.
    """
    entries = [document.mapping(entry, f"the history in {what}") for entry in history]
    filled = sum(not entry.get("empty_layer") for entry in entries)
    padding: list[Json] = [{"created_by": "unknown"}] * (layers - filled)
    return entries + padding if entries else []


def _run(old: Json, change: Change, what: str) -> Json:
    """How a container is started: the base's way with our changes."""
    new = dict(old)
    if change.env:
        new["Env"] = _environment(document.texts(old, "Env", what), change.env)
    if change.labels:
        new["Labels"] = {
            **document.section(old, "Labels", what),
            **dict(sorted(change.labels.items())),
        }
    if change.ports:
        ports: Json = {f"{port}/tcp": {} for port in sorted(change.ports)}
        new["ExposedPorts"] = {**document.section(old, "ExposedPorts", what), **ports}
    if change.user:
        new["User"] = change.user
    if change.cmd:
        new["Cmd"] = list(change.cmd)
    if change.clear_entrypoint:
        new.pop("Entrypoint", None)
    return new


def _environment(old: list[str], ours: Mapping[str, str]) -> list[str]:
    """The base's variables in their places, ours instead of those of the same name, then new."""
    names = {entry.partition("=")[0] for entry in old}
    replaced = [
        f"{name}={ours[name]}" if (name := entry.partition("=")[0]) in ours else entry
        for entry in old
    ]
    return replaced + [f"{name}={ours[name]}" for name in sorted(ours) if name not in names]
