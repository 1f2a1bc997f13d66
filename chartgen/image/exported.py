"""An image of the local Docker engine as a base: what `docker save` gives of it."""

from __future__ import annotations

import threading
from pathlib import Path

from chartgen.errors import ChartgenError, InvalidInput, Unavailable
from chartgen.image import engine
from chartgen.oci.saved import Saved
from chartgen.oci.source import Fetched, Stream


class EngineImage:
    """A base by its name in the engine; it is exported into a folder once something is read.

    Any number of threads may read. Raises InvalidInput when the engine has no such image, or
    another one than was built on; Unavailable when it does not answer.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name, self._folder = name, folder
        self._lock = threading.Lock()
        self._held: Saved | None = None

    def manifest(self, reference: str) -> Fetched:
        """The manifest that is made for the image; "" means it."""
        return self._saved().manifest(reference)

    def blob(self, digest: str) -> Stream:
        """A layer, or the configuration."""
        saved = self._saved()
        if not saved.has(digest):
            raise InvalidInput(
                f"the engine's image {self._name} is no longer the one that was built on, it "
                f"has no {digest}: package again"
            )
        return saved.blob(digest)

    def _saved(self) -> Saved:
        with self._lock:
            if self._held is None:
                self._held = Saved(self._export())
            return self._held

    def _export(self) -> Path:
        path = self._folder / "image.tar"
        with engine.answering() as asked:
            # By its id: the name may come to mean another image at any moment.
            found = asked.find(self._name)
            if found is None:
                raise InvalidInput(
                    f"the engine has no image {self._name}: build or pull it, and package again"
                )
            try:
                with path.open("wb") as file:
                    for piece in asked.export(found.id):
                        file.write(piece)
            except engine.Refused as fault:
                raise ChartgenError(f"{self._name} cannot be exported: {fault.message}") from fault
            except OSError as fault:
                reason = (fault.strerror or type(fault).__name__).lower()
                raise Unavailable(
                    f"{self._name} cannot be written to {self._folder}: {reason}. TMPDIR names "
                    "a folder with more room"
                ) from fault
        return path
