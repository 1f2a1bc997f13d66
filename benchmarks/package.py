"""Times chartgen beside the least that could do the same, in turns, and prints ratios.

Run by hand with `make bench`; the machine may be noisy, so only figures of one run compare.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

ROUNDS = 5
FLOW_BYTES = 200 * 1024
EXAMPLE = Path(__file__).parents[1] / "examples" / "flows" / "echo.json"


def flows(folder: Path, count: int) -> Path:
    """A folder of that many flows, each of about 200 KiB."""
    folder.mkdir()
    flow = json.loads(EXAMPLE.read_text("utf-8"))
    for number in range(count):
        flow["id"] = str(uuid.UUID(int=number + 1, version=4))
        flow["name"], flow["endpoint_name"] = f"Echo {number}", f"echo-{number}"
        flow["description"] = f"{number} " * (FLOW_BYTES // (len(str(number)) + 1))
        (folder / f"{number}.json").write_text(json.dumps(flow), "utf-8")
    return folder


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compare(title: str, ours: Callable[[], object], least: Callable[[], object]) -> None:
    """Run both in turns and print their medians, in seconds, and the ratio."""
    pairs = [(seconds(ours), seconds(least)) for _ in range(ROUNDS)]
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{title:<34} {mine:8.3f} s {other:8.3f} s {mine / other:7.1f}x")  # noqa: T201


def main() -> None:
    """Print one line a comparison."""
    python = [sys.executable]
    nothing = [*python, "-c", "pass"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def run(*command: str) -> None:
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own

        usage = [*python, "-m", "chartgen", "--help"]
        compare("chartgen --help | python -c pass", lambda: run(*usage), lambda: run(*nothing))
        for count in (1, 10, 60):
            source = flows(folder / f"flows-{count}", count)
            target = folder / "copy"
            package = [*python, "-m", "chartgen", "package", str(source), "--version", "1.0.0",
                       "--builder", "none", "--destination", str(folder / "dist")]  # fmt: skip

            def copy(source: Path = source, target: Path = target) -> None:
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(source, target)

            def package_all(command: list[str] = package) -> None:
                run(*command)

            compare(f"package {count} flows | copy them", package_all, copy)


if __name__ == "__main__":
    main()
