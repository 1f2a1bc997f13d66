"""Media types of OCI and of Docker, and which of them mean the same.

Sources: image-spec `media-types.md` (with its compatibility matrix), and distribution's
"Image Manifest Version 2, Schema 2" for Docker's.
"""

from __future__ import annotations

from collections.abc import Mapping

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = f"{LAYER}+gzip"

DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar"

INDEXES = frozenset({INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({MANIFEST, DOCKER_MANIFEST})
CONFIGS = frozenset({CONFIG, DOCKER_CONFIG})
# What is asked for when a base is resolved.
ACCEPTED = (INDEX, DOCKER_INDEX, MANIFEST, DOCKER_MANIFEST)

# A Docker manifest with an OCI layer is refused by skopeo and CRI-O, so nothing stays Docker's.
_FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar"
_LAYERS = "application/vnd.oci.image.layer."
_TO_OCI: Mapping[str, str] = {
    DOCKER_INDEX: INDEX,
    DOCKER_MANIFEST: MANIFEST,
    DOCKER_CONFIG: CONFIG,
    DOCKER_LAYER: LAYER,
    f"{DOCKER_LAYER}.gzip": LAYER_GZIP,
    f"{DOCKER_LAYER}.zstd": f"{LAYER}+zstd",
    DOCKER_FOREIGN: _FOREIGN,
    f"{DOCKER_FOREIGN}.gzip": f"{_FOREIGN}+gzip",
}


def to_oci(media_type: str) -> str:
    """OCI's name for a Docker media type; every other type stays as it is."""
    return _TO_OCI.get(media_type, media_type)


def is_layer(media_type: str) -> bool:
    """Whether this is a layer of an image's file system."""
    return to_oci(media_type).startswith(_LAYERS)


def is_foreign(media_type: str) -> bool:
    """Whether a layer must not be uploaded (image-spec `layer.md`, "Non-Distributable Layers")."""
    return to_oci(media_type).startswith(_FOREIGN)
