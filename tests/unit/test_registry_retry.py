from __future__ import annotations

import email.utils
import threading
import time

import pytest

from chartgen.errors import Unavailable
from chartgen.registry import challenge, faults
from chartgen.registry.faults import Transient
from chartgen.registry.retry import Cancelled, Patience


class Fails:
    def __init__(self, *after: float) -> None:
        self.after = list(after)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.after:
            raise Transient("host answers 503", self.after.pop(0))
        return "done"


def patience(slept: list[float]) -> Patience:
    return Patience(wait=lambda _, seconds: slept.append(seconds))


def test_what_passes_is_tried_thrice_with_longer_and_longer_pauses() -> None:
    slept: list[float] = []
    assert patience(slept).run(Fails(0, 0)) == "done"
    assert 0.8 <= slept[0] <= 1.2
    assert 2.4 <= slept[1] <= 3.6


def test_after_three_tries_it_is_over() -> None:
    slept: list[float] = []
    action = Fails(0, 0, 0)
    with pytest.raises(Unavailable, match=r"503 \(tried 3 times\)") as caught:
        patience(slept).run(action)
    assert type(caught.value) is Unavailable
    assert (action.calls, len(slept)) == (3, 2)


def test_the_wish_of_the_registry_is_waited_for() -> None:
    slept: list[float] = []
    assert patience(slept).run(Fails(20)) == "done"
    assert slept == [20]


def test_a_wish_for_an_hour_ends_it_at_once() -> None:
    slept: list[float] = []
    with pytest.raises(Unavailable, match="asks to come back in 3600 seconds"):
        patience(slept).run(Fails(3600))
    assert slept == []


def test_nothing_is_tried_once_it_was_called_off() -> None:
    stop = threading.Event()
    stop.set()
    action = Fails()
    with pytest.raises(Cancelled):
        Patience().run(action, stop)
    assert action.calls == 0


def test_calling_off_ends_a_pause() -> None:
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        Patience(delays=(20.0,)).run(Fails(0), stop)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        ("soon", 0, 0),
        ("-3", 0, 0),
        ("9" * 400, 1e9, 1e13),
        ("Wed, 99 Foo 99999 99:99:99 GMT", 0, 0),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_nothing(
    value: str, least: float, most: float
) -> None:
    fault = faults.answer(429, {"Retry-After": value}, b"", host="h", purpose="p", hide=str)
    assert isinstance(fault, Transient)
    assert least <= fault.after <= most


@pytest.mark.parametrize("offset", [100, -100])
def test_a_date_to_come_back_is_counted_from_now(offset: int) -> None:
    headers = {"Retry-After": email.utils.formatdate(time.time() + offset, usegmt=True)}
    fault = faults.answer(503, headers, b"", host="h", purpose="p", hide=str)
    assert isinstance(fault, Transient)
    assert max(offset - 5, 0) <= fault.after <= max(offset, 0)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="a b"',
            [
                (
                    "bearer",
                    {
                        "realm": "https://auth.docker.io/token",
                        "service": "registry.docker.io",
                        "scope": "a b",
                    },
                )
            ],
        ),
        ('Basic realm="a, b\\"c"', [("basic", {"realm": 'a, b"c'})]),
        (
            "Bearer realm=https://h/t , BASIC REALM=x",
            [("bearer", {"realm": "https://h/t"}), ("basic", {"realm": "x"})],
        ),
        ("Negotiate", [("negotiate", {})]),
        ("", []),
        ('realm="x"', []),
        ('Bearer realm="unclosed', [("bearer", {}), ("realm", {}), ("unclosed", {})]),
    ],
)
def test_a_challenge_is_read_however_it_is_written(
    header: str, wanted: list[tuple[str, dict[str, str]]]
) -> None:
    assert [(way.scheme, dict(way.parameters)) for way in challenge.parse(header)] == wanted
