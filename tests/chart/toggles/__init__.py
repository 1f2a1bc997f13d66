"""The matrix: for each value of the chart another one, and exactly what it changes."""

from tests.chart.toggles.credentials import CREDENTIALS
from tests.chart.toggles.identity import IDENTITY
from tests.chart.toggles.network import NETWORK
from tests.chart.toggles.observation import OBSERVATION
from tests.chart.toggles.pods import PODS
from tests.chart.toggles.scale import SCALE
from tests.chart.toggles.toggle import Toggle

MATRIX: dict[str, Toggle] = {}
for part in (IDENTITY, CREDENTIALS, NETWORK, OBSERVATION, PODS, SCALE):
    assert not MATRIX.keys() & part.keys()
    MATRIX.update(part)

__all__ = ["MATRIX", "Toggle"]
