"""The chart that lies beside the report of a release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chartgen.errors import InvalidInput
from chartgen.oci.descriptor import digest_of


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
