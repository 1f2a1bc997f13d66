"""How the engine of the tests keeps images: that decides what it calls them."""

from __future__ import annotations

import pytest

from tests.integration.engine import Engine


def keeps_layers(engine: Engine) -> bool:
    """Whether Docker's own store keeps them, a layer at a time, and not containerd's."""
    status = engine.client.info()["DriverStatus"]
    return ["driver-type", "io.containerd.snapshotter.v1"] not in status


def need_layers(engine: Engine) -> None:
    """Skip where images are only ever loaded whole."""
    if not keeps_layers(engine):
        pytest.skip("containerd keeps the images of this engine: start one with Docker's own store")
