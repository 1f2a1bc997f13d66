"""What a release takes of memory does not grow with the flows in it."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from tests import flows_factory
from tests.integration.command import run
from tests.oci_base import Shelf

MIB = 1024 * 1024
FLOWS, SIZE = 300, 400_000


# Runs a command as its only child. Linux counts what the parent had when the child began, and
# pytest has much: so the one between is a small one.
PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def peak(*arguments: str | Path, cwd: Path, code: int = 0) -> int:
    """Run chartgen until it ends with a code; how much memory it had at most, in bytes."""
    program = [sys.executable, "-m", "chartgen"]
    done = run(sys.executable, "-c", PEAK, *program, *arguments, cwd=cwd)
    assert done.returncode == code, done.stderr
    return int(done.stdout) * 1024


def test_a_release_of_a_hundred_megabytes_of_flows_needs_no_150(tmp_path: Path) -> None:
    shelf = Shelf()
    root = shelf.image(tag="1.0")
    shelf.write(tmp_path / "base", {"1.0": root})
    (tmp_path / "flows").mkdir()
    noise = random.Random(1)  # noqa: S311 - any noise will do
    for number in range(FLOWS):
        # Half of it cannot be compressed, as little as the hashes of a real flow can.
        text = noise.randbytes(SIZE // 4).hex() + " " * (SIZE // 2)
        flow = flows_factory.flow(
            flows_factory.component(text=flows_factory.field(text)), name=f"Flow {number}"
        )
        (tmp_path / "flows" / f"{number}.json").write_text(json.dumps(flow))
    arguments = ["package", "flows", "--name", "bots", "--version", "1.0.0", "--builder", "oci"]
    base = ["--base", f"oci-layout:{tmp_path / 'base'}", "--image", "registry.example.com/bots"]
    assert peak(*arguments, *base, cwd=tmp_path) < 150 * MIB
    written = tmp_path / "dist" / "bots-1.0.0.context" / "rootfs" / "app" / "flows"
    assert sum(file.stat().st_size for file in written.iterdir()) > FLOWS * SIZE
