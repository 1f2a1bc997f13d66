"""Blobs into a registry: distribution specification 1.1, "Push"."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from urllib.parse import urlencode, urlsplit

from chartgen.errors import InvalidInput, Unavailable
from chartgen.registry import exchange
from chartgen.registry.authority import Scopes
from chartgen.registry.exchange import Exchange
from chartgen.registry.faults import Mismatch, NotFound, Transient
from chartgen.registry.retry import Cancelled
from chartgen.registry.transfer import BlobJob, Meter, Outcome, Progress, Sending
from chartgen.registry.wire import Answer, Call


def push_all(
    registry: Exchange, jobs: Sequence[BlobJob], workers: int, progress: Progress | None
) -> list[Outcome]:
    """Push many blobs at once; the first failure ends them all, and is raised."""
    distinct = {(job.repository, job.digest): job for job in jobs}
    meter = Meter(sum(job.size for job in distinct.values()), progress)
    stop = threading.Event()
    tasks: dict[tuple[str, str], Future[Outcome]] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="push") as pool:
        try:
            for key, job in distinct.items():
                tasks[key] = pool.submit(push, registry, job, meter, stop)
            wait(tasks.values())
        finally:
            # Also when interrupted: what runs ends at its next piece, the rest never begins.
            stop.set()
    found = [fault for task in tasks.values() if (fault := task.exception())]
    for fault in sorted(found, key=lambda fault: isinstance(fault, Cancelled)):
        raise fault
    return [tasks[job.repository, job.digest].result() for job in jobs]


def push(registry: Exchange, job: BlobJob, meter: Meter, stop: threading.Event) -> Outcome:
    """Push one blob, unless it is there; a failure calls off its neighbours."""
    try:
        return registry.patience.run(lambda: _attempt(registry, job, meter, stop), stop)
    except BaseException:
        stop.set()
        raise


def has(registry: Exchange, job: BlobJob, scopes: Scopes) -> bool:
    """Whether a repository has a blob ("Checking if content exists in the registry")."""
    call = Call(method="HEAD", url=registry.blob_url(job.repository, job.digest))
    try:
        answer = registry.ask(call, scopes)
    except NotFound:
        return False
    registry.check(answer, job.digest)
    length = answer.headers.get("Content-Length", "")
    if job.size and length.isdecimal() and int(length) not in (0, job.size):
        raise Mismatch(f"{registry.host} has {length} bytes for the {job.size} of {job.digest}")
    return True


def _attempt(registry: Exchange, job: BlobJob, meter: Meter, stop: threading.Event) -> Outcome:
    """One try, always from the beginning: an upload that broke off is not gone on with.

    It asks anew whether the blob is there, for the answer may be what got lost.
    """
    scopes = exchange.push(job.repository)
    if has(registry, job, scopes):
        meter.add(job.size)
        return "present"
    begun = _mount(registry, job) or _begin(registry, job, scopes, {})
    if begun.status == 201:
        meter.add(job.size)
        return "mounted"
    _upload(registry, job, begun, Sending(job, meter, registry.traffic, stop))
    return "uploaded"


def _mount(registry: Exchange, job: BlobJob) -> Answer | None:
    """Ask for the blob of another repository ("Mounting a blob from another repository").

    201: it is here now; 202: an upload may begin; None: refused, for whatever reason, and
    then an upload without it often works (go-containerregistry#1404, #1679).
    """
    if not job.mount_from or job.mount_from == job.repository:
        return None
    scopes = (*exchange.push(job.repository), *exchange.pull(job.mount_from))
    query = {"mount": job.digest, "from": job.mount_from}
    try:
        answer = _begin(registry, job, scopes, query)
    except (InvalidInput, Unavailable):
        return None
    if answer.status == 201:
        registry.check(answer, job.digest)
    return answer


def _begin(registry: Exchange, job: BlobJob, scopes: Scopes, query: Mapping[str, str]) -> Answer:
    url = registry.url(job.repository, "blobs", "uploads/")
    url = f"{url}?{urlencode(query)}" if query else url
    return registry.ask(Call(method="POST", url=url), scopes, (201, 202) if query else (202,))


def _upload(registry: Exchange, job: BlobJob, begun: Answer, sending: Sending) -> None:
    """Send the bytes in one PUT ("POST then PUT"); the place may have a query of its own."""
    place = begun.headers.get("Location")
    if not place:
        raise Mismatch(f"{registry.host} does not say where an upload goes")
    parts = urlsplit(registry.wire.target(begun.url, place))
    query = "&".join(filter(None, (parts.query, urlencode({"digest": job.digest}))))
    call = Call(
        method="PUT",
        url=parts._replace(query=query, fragment="").geturl(),
        headers={"Content-Type": "application/octet-stream"},
        body=sending.begin,
        silence=registry.patience.commit,
    )
    try:
        answer = registry.ask(call, exchange.push(job.repository), (201,))
        registry.check(answer, job.digest)
    except NotFound as fault:
        sending.drop()
        # The upload that was begun is forgotten: another replica of the registry, perhaps.
        raise Transient(fault.message) from None
    except BaseException:
        sending.drop()
        raise
    finally:
        sending.close()
