"""The image that a report tells of, as it lies beside the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chartgen import report
from chartgen.errors import InvalidInput
from chartgen.model import ImageRef
from chartgen.oci import resolve, thin
from chartgen.oci.descriptor import Platform
from chartgen.oci.image import OciImage


@dataclass(frozen=True, kw_only=True)
class Made:
    """An image that the builder oci has made: our part of it in a folder, the rest in its base."""

    name: ImageRef
    base: str
    folder: Path

    def read(self) -> OciImage:
        """The image; layers that are not in the folder are the base's. Raises InvalidInput."""
        if not self.folder.is_dir():
            raise InvalidInput(f"{self.folder} is not there: it holds the image, package again")
        return thin.read(self.folder, self.name.digest)


def reference(release: Mapping[str, Any]) -> ImageRef:
    """The image's name in a report, with the digest if it is known. Raises InvalidInput."""
    told = release.get("image")
    if not told:
        raise InvalidInput("this release has no image: chartgen package makes one")
    repository, _, tag = told["reference"].rpartition(":")
    return ImageRef(repository=repository, tag=tag, digest=told["digest"] or "")


def of(release: Mapping[str, Any], folder: Path) -> Made:
    """The image beside a report in a folder. Raises InvalidInput when oci has not made it."""
    name, builder = reference(release), release["image"]["builder"]
    plain = f"{name.repository}:{name.tag}"
    if builder == "docker":
        raise InvalidInput(
            f"{plain} was built by a Docker engine, which has it: `docker save {plain}` gives it "
            "to others; or package again with --builder oci"
        )
    if builder != "oci" and name.digest:
        pinned = f"{name.repository}@{name.digest}"
        raise InvalidInput(
            f"{pinned} was named by its digest and not built: `docker pull {pinned}` gets it"
        )
    if builder != "oci":
        raise InvalidInput(f"{plain} was not built: package again where it can be")
    return Made(
        name=name,
        base=release["base"]["reference"],
        folder=folder / f"{release['name']}-{release['version']}{report.IMAGE_FOLDER}",
    )


def choose(image: OciImage, asked: str, here: str) -> Platform:
    """The platform of an image that was asked for; without a wish that of `here`, or the first.

    `here` is an architecture, such as `arm64`. Raises InvalidInput that lists those there are.
    """
    there = image.platforms()
    if asked:
        wanted = resolve.platform(asked)
        found = [one for one in there if one.fits(wanted)]
        if not found:
            names = ", ".join(map(str, there))
            raise InvalidInput(f"the image is not made for {wanted}: there is {names}")
        return found[0]
    return next((one for one in there if one.architecture == here), there[0])
