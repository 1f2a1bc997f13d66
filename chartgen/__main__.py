"""`python -m chartgen` is the same as `chartgen`."""

from chartgen.cli import main

main()
