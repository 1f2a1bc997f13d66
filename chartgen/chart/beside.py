"""The chart that lies beside the report of a release."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from chartgen.errors import InvalidInput
from chartgen.oci.descriptor import digest_of

# What an archive, and YAML and JSON in it, may raise when nobody has made them for us.
FAULTS = (tarfile.TarError, OSError, EOFError, zlib.error, KeyError, ValueError, YAMLError)


def archive(release: Mapping[str, Any], folder: Path) -> bytes:
    """The archive of the chart that a report in a folder tells of.

    Raises InvalidInput when there is none, or not the one that the report means.
    """
    told = release.get("chart")
    if not told:
        raise InvalidInput("this release has no chart: chartgen package makes one")
    file = folder / str(told["file"])
    try:
        data = file.read_bytes()
    except OSError as fault:
        reason = (fault.strerror or type(fault).__name__).lower()
        raise InvalidInput(f"{file} cannot be read: {reason}") from fault
    if digest_of(data) != told["digest"]:
        raise InvalidInput(f"{told['file']} is not the chart of this report: package again")
    return data


def data(release: Mapping[str, Any], folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """What is in files of that chart, JSON and YAML, by their names.

    Raises InvalidInput as `archive` does, and for a chart that has no such files.
    """
    packed, found = archive(release, folder), {}
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as entries:
            for name in names:
                content = entries.extractfile(f"{release['name']}/{name}")
                if content is None:
                    raise KeyError(name)
                read = json.loads if name.endswith(".json") else YAML(typ="safe", pure=True).load
                found[name] = read(content.read())
    except FAULTS as fault:
        raise InvalidInput("the report tells of a chart that chartgen has not made") from fault
    return found
