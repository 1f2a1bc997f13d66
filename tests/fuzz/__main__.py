"""`python -m tests.fuzz`: mutants for as long as is asked, or as many; tells what was found."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz import corpus, fuzzer

FOREVER = 10**9


def main() -> int:
    """0 when everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long; 60")
    parser.add_argument("--mutants", type=int, default=0, help="how many, however long it takes")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    given = parser.parse_args()
    end = given.mutants or FOREVER
    seconds = FOREVER if given.mutants else given.seconds
    # What is downloaded is downloaded once.
    corpus.flows()
    start = time.monotonic()
    # Not forked: Helm's engine is Go, and Go's threads do not come along.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.workers, mp_context=fresh) as pool:
        parts = [range(first, end, given.workers) for first in range(given.workers)]
        counts = [pool.submit(fuzzer.run, given.seed, part, seconds) for part in parts]
        total = fuzzer.total(one.result() for one in counts)
    print(f"seed {given.seed}, {time.monotonic() - start:.0f} s: {total}")  # noqa: T201
    for failure in total.failures:
        print(failure, file=sys.stderr)  # noqa: T201
    return 1 if total.failures else 0


if __name__ == "__main__":
    sys.exit(main())
