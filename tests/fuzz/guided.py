"""`python -m tests.fuzz.guided SECONDS`: mutants of bytes that atheris leads to new lines."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["chartgen.runtimes", "chartgen.sources"]):
    from chartgen.runtimes import langflow  # noqa: F401 - so that its lines are counted

from tests.fuzz import corpus, mutations, road

KEPT = Path(__file__).parents[2] / ".cache" / "fuzz"


def main() -> None:
    """Ends with an exit code of its own when something does not hold, and keeps the input."""
    folder = Path(tempfile.mkdtemp())
    seeds, flows = folder / "seeds", folder / "flows"
    for place in (seeds, flows, KEPT):
        place.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate((*corpus.parts(), *corpus.bad())):
        (seeds / str(number)).write_bytes(data)

    def one(data: bytes) -> None:
        (flows / "flow.json").write_bytes(data)
        road.read(flows, bind=True)

    def mutate(data: bytes, largest: int, seed: int) -> bytes:
        chance = random.Random(seed)  # noqa: S311 - it must come again
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, largest))
        return mutations.in_values(data, chance)[:largest]

    limits = [f"-max_total_time={sys.argv[1]}", "-max_len=200000", f"-artifact_prefix={KEPT}/"]
    quiet = ["-verbosity=0", "-print_final_stats=1", "-close_fd_mask=0"]
    atheris.Setup([sys.argv[0], *limits, *quiet, str(seeds)], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
