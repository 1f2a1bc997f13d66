"""Every way from a folder of flows to an image in a registry, ours and those of others."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import docker
import jsonschema  # noqa: F401

# Ours are loaded when they are wanted, docker-py's with it: here all are, before the clock starts.
import chartgen.chart.assemble
import chartgen.image.oci
import chartgen.publish.images
import chartgen.registry.client  # noqa: F401
from chartgen import image, pipeline, publish, report, tree
from chartgen.model import App, ImageRef, Request
from chartgen.pipeline import Options
from chartgen.release import REPORT, write

VERSION = "1.0.0"
FLOWS = "app/flows"
LONG = 600


class Contender(Protocol):
    """One way of publishing. `absent` says why it cannot run here, or nothing."""

    name: str

    def absent(self) -> str:
        """Why this way does not work here, or nothing."""

    def prepare(self, flows: Path) -> None:
        """What is not measured: putting the flows where they can be built from."""

    def publish(self, repository: str) -> None:
        """Build an image of base and flows, and push it."""

    def warm(self) -> None:
        """Fetch the base, where this way needs it here."""

    def cool(self) -> None:
        """Forget the base, and what was built on it."""


class Quiet:
    """Nobody looks on."""

    def step(self, text: str) -> None:
        """A step begins."""

    def line(self, text: str) -> None:
        """A build says something."""

    def progress(self, done: int, total: int) -> None:
        """Bytes are moved."""


class _Ours:
    """Ours has no storage: a base is neither fetched nor kept."""

    def __init__(self, base: str, scratch: Path) -> None:
        self.base, self.scratch = base, scratch / type(self).__name__
        self.flows = scratch
        self.app = _app(base)

    def prepare(self, flows: Path) -> None:
        """Ours reads the flows where they lie."""
        self.flows = flows

    def absent(self) -> str:
        """Ours runs wherever this does."""
        return ""

    def warm(self) -> None:
        """Nothing is kept."""

    cool = warm


class Builder(_Ours):
    """Our builder and our push alone, with files as the others get them: like against like."""

    name = "chartgen build+push"

    def publish(self, repository: str) -> None:
        """Build and push."""
        in_child(lambda: self._publish(repository))

    def _publish(self, repository: str) -> None:
        files = {f"{FLOWS}/{path}": data for path, data in tree.read(self.flows).items()}
        app, reference = (
            replace(self.app, files=files),
            ImageRef(repository=repository, tag=VERSION),
        )
        order = image.Order(app=app, image=reference, context={})
        built = image.BUILDERS["oci"](order, Quiet())
        told = {
            "reference": str(reference),
            "digest": built.digest,
            "id": built.id,
            "builder": "oci",
        }
        stem = f"{app.name}-{app.version}"
        tree.write(built.layout, self.scratch / f"{stem}{report.IMAGE_FOLDER}")
        file = self.scratch / f"{stem}{REPORT}"
        tree.write_file(file, report.dump(report.of(app, image=told)).encode())
        publish.push(file, publish.Target(force=True), Quiet())


class Library(_Ours):
    """A whole release, read, checked, built, written and pushed by calls from Python."""

    name = "chartgen library"

    def publish(self, repository: str) -> None:
        """Build and push."""
        in_child(lambda: self._publish(repository))

    def _publish(self, repository: str) -> None:
        options = Options(
            paths=(self.flows,),
            request=Request(name="bots", version=VERSION, base=self.base),
            image=ImageRef(repository=repository, tag=VERSION),
            destination=self.scratch,
            builder="oci",
        )
        release = pipeline.package(options, Quiet())
        write(release, self.scratch)
        file = self.scratch / f"bots-{VERSION}{REPORT}"
        publish.push(file, publish.Target(force=True), Quiet())


class Command(_Ours):
    """The same release by `chartgen package` and `chartgen push`: two starts of Python."""

    name = "chartgen command"

    def publish(self, repository: str) -> None:
        """Build and push."""
        for arguments in self.commands(repository):
            run(arguments)

    def commands(self, repository: str) -> list[list[str]]:
        """Both command lines."""
        # -P: the chartgen that is measured is the one of this process, wherever that was started.
        start = [sys.executable, "-P", "-m", "chartgen"]
        package = ["package", str(self.flows), "--name", "bots", "--version", VERSION]
        package += ["--builder", "oci", "--base", self.base, "--image", repository]
        package += ["--destination", str(self.scratch)]
        file = self.scratch / f"bots-{VERSION}{REPORT}"
        return [[*start, *package], [*start, "push", str(file), "--force"]]


class _Others:
    """What all others share: a Dockerfile, and storage that the base is kept in."""

    def __init__(self, base: str, scratch: Path) -> None:
        self.base, self.scratch = base, scratch / type(self).__name__
        self.made: list[str] = []

    def prepare(self, flows: Path) -> None:
        """As little as a build context can be, of hard links."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        text = f"FROM {self.base}\nCOPY flows /{FLOWS}/\n"
        (self.scratch / "Dockerfile").write_text(text, "utf-8")
        shutil.rmtree(self.scratch / "flows", ignore_errors=True)
        shutil.copytree(flows, self.scratch / "flows", copy_function=os.link)

    def tag(self, repository: str) -> str:
        """A tag that is new, so that every image has a name to be removed by."""
        self.made.append(f"{repository}:{len(self.made)}")
        return self.made[-1]


class _Engine(_Others):
    """What the two ways over a Docker engine share."""

    def absent(self) -> str:
        """Why this way does not work here, or nothing."""
        try:
            docker.from_env().close()
        except docker.errors.DockerException as fault:
            return f"no Docker engine answers ({type(fault).__name__})"
        return ""

    def warm(self) -> None:
        """Pull the base."""
        with contextlib.closing(docker.from_env(timeout=LONG)) as client:
            client.images.pull(self.base)

    def cool(self) -> None:
        """Take away what is ours alone: no layer of the base is left."""
        with contextlib.closing(docker.from_env(timeout=LONG)) as client:
            for name in (*self.made, self.base):
                with contextlib.suppress(docker.errors.ImageNotFound):
                    client.images.remove(name, force=True)


class DockerPy(_Engine):
    """docker-py, the library that chartgen's users would take."""

    name = "docker-py"

    def publish(self, repository: str) -> None:
        """Build and push."""
        tag = self.tag(repository)
        in_child(lambda: self._publish(tag))

    def _publish(self, tag: str) -> None:
        with contextlib.closing(docker.from_env(timeout=LONG)) as client:
            client.images.build(path=str(self.scratch), tag=tag, rm=True, forcerm=True)
            for line in client.images.push(tag, stream=True, decode=True):
                if "error" in line:
                    raise RuntimeError(line["error"])


class DockerCommand(_Engine):
    """`docker build && docker push`."""

    name = "docker command"

    def absent(self) -> str:
        """Why this way does not work here, or nothing."""
        return super().absent() if shutil.which("docker") else "there is no docker command"

    def publish(self, repository: str) -> None:
        """Build and push."""
        tag = self.tag(repository)
        run(["docker", "build", "-q", "-t", tag, str(self.scratch)])
        run(["docker", "push", "-q", tag])


class Buildah(_Others):
    """`buildah bud` and `buildah push`, with storage of their own."""

    name = "buildah"
    driver = "overlay"

    def absent(self) -> str:
        """Why this way does not work here, or nothing."""
        if not shutil.which("buildah"):
            return "there is no buildah: apt-get install buildah"
        reason = ""
        for self.driver in ("overlay", "vfs"):
            try:
                run(self._call("images"))
            except RuntimeError as fault:
                reason = str(fault)
            else:
                return ""
        return f"buildah has no storage that works here: {reason}"

    def publish(self, repository: str) -> None:
        """Build and push."""
        tag = self.tag(repository)
        run(self._call("bud", "-q", "--tls-verify=false", "-t", tag, str(self.scratch)))
        run(self._call("push", "-q", "--tls-verify=false", tag))

    def warm(self) -> None:
        """Pull the base."""
        run(self._call("pull", "-q", "--tls-verify=false", self.base))

    def cool(self) -> None:
        """Take away what is ours alone: no layer of the base is left."""
        run(self._call("rmi", "--all", "--force"))

    def _call(self, *arguments: str) -> list[str]:
        places = ["--root", f"{self.scratch}-root", "--runroot", f"{self.scratch}-run"]
        return ["buildah", *places, "--storage-driver", self.driver, *arguments]


EVERYONE: tuple[Callable[[str, Path], Contender], ...] = (
    Builder,
    Library,
    Command,
    DockerPy,
    DockerCommand,
    Buildah,
)


def in_child(action: Callable[[], object]) -> None:
    """Run in a fork: without an interpreter's start, and with no cache that is warm already."""
    child = os.fork()
    if not child:
        code = 1
        try:
            action()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("a publication in a fork has failed")


def run(command: list[str]) -> None:
    """Run a command, and show what it said when it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


def _app(base: str) -> App:
    """An application to put flows into: the example, whose own files go unused."""
    example = Path(__file__).parents[1] / "examples" / "flows" / "echo.json"
    options = Options(
        paths=(example,),
        request=Request(name="bots", version=VERSION, base=base),
        image=ImageRef(repository="bots", tag=VERSION),
        destination=Path("nowhere"),
    )
    return replace(pipeline.inspect(options, Quiet()), files={})
