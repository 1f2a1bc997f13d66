from __future__ import annotations

import signal

import pytest

from chartgen.local.signals import SIGNALS, Stop, stoppable


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_ends_it_and_is_what_it_was_afterwards(number: signal.Signals) -> None:
    # Whoever runs the tests may have it ignored, as nohup does.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(Stop), stoppable():
            signal.raise_signal(number)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
