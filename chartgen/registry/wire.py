"""HTTP as registries need it: one request, one answer, every fault in words.

There is no requests.Session on purpose: it would put the logins of ~/.netrc over ours
(psf/requests#3929), follow redirects with them, keep cookies, and read bodies behind our back.
The adapter under it has the connections, the proxies and TLS, and nothing else.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from chartgen import __version__
from chartgen.errors import ChartgenError, Unavailable
from chartgen.registry import location, trust, watch
from chartgen.registry.faults import Refused, Transient
from chartgen.registry.retry import Patience
from chartgen.registry.transfer import Sending

HOPS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PIECE = 1 << 16
# Identity: a digest is over the bytes as they are stored, not as a server packs them.
HEADERS = {"User-Agent": f"chartgen/{__version__}", "Accept-Encoding": "identity"}

Sign = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. `body` makes the body anew for every time that it is sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], bytes | Sending] | None = field(default=None, repr=False)
    silence: float | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)


class Wire:
    """The connections of one registry, safe to be used by many threads."""

    def __init__(
        self, home: str, *, plain_http: bool, ca_files: list[Path], patience: Patience
    ) -> None:
        self.home = home
        self._plain_http = plain_http
        self.patience = patience
        self._ca_files = tuple(dict.fromkeys(ca_files))
        self._lock = threading.Lock()
        self._plain = trust.Adapter()
        # Reading every authority takes a tenth of a second: not for plain HTTP.
        secure = home.startswith("https:")
        self._secure = trust.adapter(self._ca_files) if secure else None

    def is_home(self, url: str) -> bool:
        """Whether a URL is the registry itself: only there does its login go."""
        return location.origin(url) == location.origin(self.home)

    def target(self, url: str, where: str) -> str:
        """The URL that a header `where` of the answer of `url` means, if we may go there."""
        try:
            joined = urljoin(url, where)
        except ValueError:
            joined = ""
        return location.check_target(joined, self.home, plain_http=self._plain_http)

    def open(self, call: Call, sign: Sign) -> requests.Response:
        """Send once, follow redirects, and give the answer with its body still to be read.

        `sign` tells the Authorization for a URL, "" for none. Distribution specification 1.1,
        "API": redirects are to be followed, and never with the login to another host.
        """
        for _ in range(HOPS + 1):
            response = self._send(call, sign(call.url))
            if response.status_code not in REDIRECTS or "Location" not in response.headers:
                return response
            self.excerpt(response)
            if call.method not in ("GET", "HEAD") and response.status_code not in (307, 308):
                raise Refused(f"{_host(call.url)} answers {call.method} with a redirect")
            call = replace(call, url=self.target(call.url, response.headers["Location"]))
        raise Refused(f"{_host(self.home)} redirects without end")

    def ask(self, call: Call, sign: Sign, limit: int = PIECE) -> Answer:
        """Send once, follow redirects, and read the whole answer."""
        response = self.open(call, sign)
        return Answer(
            status=response.status_code,
            headers=response.headers,
            body=self.read(response, limit),
            url=response.url,
        )

    def read(self, response: requests.Response, limit: int) -> bytes:
        """A small body, whole; one that is large or endless is an error."""
        until = time.monotonic() + self.patience.read
        body = bytearray()
        for piece in self.pieces(response):
            body += piece
            if len(body) > limit:
                response.close()
                raise Refused(f"{_host(response.url)} answers more than {limit} bytes")
            if time.monotonic() > until:
                response.close()
                raise Transient(f"{_host(response.url)} does not come to an end")
        return bytes(body)

    def excerpt(self, response: requests.Response) -> bytes:
        """The body of an answer that is an error anyway: what can be had of it."""
        try:
            return self.read(response, PIECE)
        except ChartgenError:
            return b""

    def pieces(self, response: requests.Response) -> Iterator[bytes]:
        """A body as it comes; shorter than it was announced is an error."""
        # read1 (urllib3 2) gives what is there; read would wait for the last byte of a piece.
        read = getattr(response.raw, "read1", response.raw.read)
        announced = response.headers.get("Content-Length", "")
        count = 0
        try:
            with watch.over(response.raw, self.patience.read) as watched:
                while piece := watched.wait(partial(read, PIECE, decode_content=False)):
                    count += len(piece)
                    yield piece
            # urllib3 2 looks for itself, urllib3 1 does not.
            if announced.isdecimal() and count < int(announced[:19]) and not _headless(response):
                raise Transient(f"{_host(response.url)} sends {count} of {announced} bytes")
        # urllib3's own errors have no common ancestor with requests' but Exception.
        except ChartgenError:
            raise
        except Exception as fault:
            raise _words(_host(response.url), fault) from None
        finally:
            response.close()

    def _send(self, call: Call, authorization: str) -> requests.Response:
        headers = {**HEADERS, **call.headers}
        if authorization:
            headers["Authorization"] = authorization
        patience = self.patience
        # While a body is sent, sockets wait as long as for a connection (urllib3).
        timeout = (patience.read if call.body else patience.connect, call.silence or patience.read)
        try:
            request = requests.Request(
                call.method, call.url, headers=headers, data=call.body() if call.body else None
            ).prepare()
            local = location.is_loopback(urlsplit(call.url).netloc)
            proxies = {} if local else get_environ_proxies(call.url)
            return self._for(call.url).send(request, stream=True, timeout=timeout, proxies=proxies)
        except (requests.RequestException, OSError, ValueError) as fault:
            raise _words(_host(call.url), fault) from None

    def close(self) -> None:
        """Close all connections."""
        self._plain.close()
        if self._secure:
            self._secure.close()

    def _for(self, url: str) -> HTTPAdapter:
        """The connections for a URL: a registry on plain HTTP may send us on to HTTPS."""
        if not url.startswith("https:"):
            return self._plain
        with self._lock:
            if self._secure is None:
                self._secure = trust.adapter(self._ca_files)
            return self._secure


def _headless(response: requests.Response) -> bool:
    return response.request.method == "HEAD" or response.status_code in (204, 304)


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _causes(fault: BaseException) -> Iterator[BaseException]:
    """An exception and all that is wrapped in it: requests wraps urllib3 wraps the system."""
    waiting, seen = [fault], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            inner = (*cause.args, getattr(cause, "reason", None))
            inner += (cause.__cause__, cause.__context__)
            waiting += [part for part in inner if isinstance(part, BaseException)]


def _words(host: str, fault: BaseException) -> ChartgenError:
    """A fault of the network. Its own text is never shown: it may hold a signed address."""
    causes = list(_causes(fault))
    names = {type(cause).__name__ for cause in causes}
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = f"the certificate of {host} is not trusted ({cause.verify_message})"
            return Refused(f"{why}: name its authority's file in SSL_CERT_FILE or with --ca-file")
        if isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER":
            return Refused(f"{host} does not speak https: if it is meant to, ask for plain HTTP")
        if isinstance(cause, ConnectionRefusedError):
            return Unavailable(f"{host} refuses connections: is the registry running?")
    if names & {"NameResolutionError", "gaierror"}:
        return Unavailable(f"the host {host} is not found: check its name and your network")
    if names & {"ProxyError", "InvalidProxyURL"}:
        return Unavailable(
            f"{host} cannot be reached through the proxy: check HTTPS_PROXY, NO_PROXY"
        )
    if isinstance(fault, ValueError):
        return Refused(f"{host} cannot be asked: its address or the login has wrong characters")
    if names & {"ConnectTimeout", "ReadTimeout", "ReadTimeoutError", "TimeoutError"}:
        return Transient(f"{host} does not answer in time")
    if "NewConnectionError" in names:
        return Unavailable(f"{host} cannot be reached: check your network")
    return Transient(f"{host} breaks off the connection")
