"""A rule: its number, its sentence, whose it is, and a function that tells what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.standards.documents import Documents, Pod, pods

Faults = Iterable[str]


@dataclass(frozen=True)
class Rule:
    """One row of a list."""

    id: str
    sentence: str
    source: str
    check: Callable[[Documents], Faults]

    def faults(self, documents: Documents) -> list[str]:
        """What breaks the rule, one line each."""
        return [
            f"{self.id} {self.sentence} [{self.source}]: {fault}" for fault in self.check(documents)
        ]


class Rules(dict[str, Rule]):
    """A list of rules, in the order in which they are written down."""

    def release(
        self, number: str, sentence: str, source: str
    ) -> Callable[[Callable[[Documents], Faults]], Callable[[Documents], Faults]]:
        """Add a rule that looks at all objects of a release."""

        def add(check: Callable[[Documents], Faults]) -> Callable[[Documents], Faults]:
            assert number not in self, f"{number} is taken"
            self[number] = Rule(number, sentence, source, check)
            return check

        return add

    def pod(
        self, number: str, sentence: str, source: str
    ) -> Callable[[Callable[[Pod], Faults]], Callable[[Pod], Faults]]:
        """Add a rule that looks at one pod."""

        def add(check: Callable[[Pod], Faults]) -> Callable[[Pod], Faults]:
            def every(documents: Documents) -> Faults:
                return (fault for pod in pods(documents) for fault in check(pod))

            self.release(number, sentence, source)(every)
            return check

        return add
