"""What the Dockerfile of a context does, and in which order."""

from __future__ import annotations

from chartgen import image
from tests.sample import sample_app, sample_image, sample_runtime


def steps(**changes: object) -> list[str]:
    """The first word of each step."""
    context = image.context(sample_app(**changes), sample_image())
    lines = context["Dockerfile"].decode().splitlines()
    return [line for line in lines if line.partition(" ")[0].isupper()]


def test_the_runtimes_check_is_run_by_its_user_when_everything_is_in_place() -> None:
    runtime = sample_runtime(check=("python", "-B", "/app/it's here.py"))
    *before, check, port, command = steps(packages=("six",), runtime=runtime)
    assert check == 'RUN ["python", "-B", "/app/it\'s here.py"]'
    assert before[-1].startswith("USER ")
    assert [line for line in before if line.startswith("COPY")][-1].startswith("COPY --chown=0:0")
    assert (port[:6], command[:3]) == ("EXPOSE", "CMD")


def test_a_runtime_without_a_check_has_no_such_step() -> None:
    assert not [line for line in steps(packages=()) if line.startswith("RUN")]
