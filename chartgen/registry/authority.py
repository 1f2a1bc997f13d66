"""Who we are to a registry: nobody, a name with a password, or the bearer of a token.

The ways are those of the Distribution project: docs/content/spec/auth/token.md and oauth.md.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from chartgen.registry import challenge, faults
from chartgen.registry.auth import IDENTITY, Login
from chartgen.registry.challenge import Challenge
from chartgen.registry.faults import Denied, Mismatch, NotFound, Refused
from chartgen.registry.location import origin
from chartgen.registry.wire import Answer, Call, Wire

# As long as a token without `expires_in` is good for, by the specification.
LIFETIME = 60.0
DAY = 86_400
# A token is renewed a little before it ends.
SPENT = 0.9
TOKEN_BYTES = 1 << 20
CLIENT = "chartgen"

Scopes = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Token:
    value: str = field(repr=False)
    until: float


def purpose(scopes: Scopes) -> str:
    """What scopes are for, in words."""
    _, _, rest = scopes[0].partition(":")
    repository, _, actions = rest.rpartition(":")
    return f"push to {repository}" if "push" in actions else f"pull from {repository}"


class Authority:
    """Answers the challenges of one registry; tokens are kept for each set of scopes."""

    def __init__(self, host: str, wire: Wire, find: Callable[[], Login]) -> None:
        self._host = host
        self._wire = wire
        self._find = find
        self._login: Login | None = None
        self._challenge: Challenge | None = None
        self._more: dict[Scopes, Scopes] = {}
        self._tokens: dict[Scopes, _Token] = {}
        self._lock = threading.RLock()

    def header(self, scopes: Scopes) -> str:
        """The value of `Authorization` for a request, "" as long as nothing was asked for."""
        with self._lock:
            if self._challenge is None:
                return ""
            if self._challenge.scheme == "basic":
                return _basic(self.login.username, self.login.password)
            return f"Bearer {self._token(scopes)}"

    def renew(self, scopes: Scopes, asked: str, used: str) -> None:
        """Learn from a 401 how to do better: `asked` is its challenge, `used` what was refused.

        Raises Denied when there is nothing better.
        """
        with self._lock:
            if used and used != self.header(scopes):
                return  # another thread was faster
            ways = {way.scheme: way for way in reversed(challenge.parse(asked))}
            way = ways.get("bearer") or ways.get("basic")
            if way is None or (way.scheme == "bearer" and "realm" not in way.parameters):
                raise self.denied(scopes)
            given = self.login.password if way.scheme == "basic" else self.login.registry_token
            if (way.scheme == "basic" and not given) or (used and given and used == self._as(way)):
                raise self.denied(scopes)
            self._challenge = way
            self._tokens.pop(scopes, None)
            self._widen(scopes, way.parameters.get("scope", "").split())

    def hide(self, text: str) -> str:
        """A text without any secret of ours, should a registry have put one there."""
        with self._lock:
            secrets = [*self.login.secrets, *(token.value for token in self._tokens.values())]
        for secret in secrets:
            text = text.replace(secret, "***")
        return text

    @property
    def login(self) -> Login:
        """What the user's files say; they are not read before a registry asks."""
        with self._lock:
            if self._login is None:
                self._login = self._find()
            return self._login

    def _as(self, way: Challenge) -> str:
        if way.scheme == "basic":
            return _basic(self.login.username, self.login.password)
        return f"Bearer {self.login.registry_token}"

    def denied(self, scopes: Scopes) -> Denied:
        """A 401 in words, with what is wrong with the user's files, if anything."""
        login = self.login
        if login:
            words = f"{self._host} refuses the login from {login.source} to {purpose(scopes)}"
        else:
            words = f"{self._host} wants a login to {purpose(scopes)}, and there is none"
        notes = "".join(f"; {note}" for note in login.notes)
        return Denied(f"{words}{notes}: use {faults.login_words(self._host)}")

    def _widen(self, scopes: Scopes, wanted: list[str]) -> None:
        """Put the scopes that a registry asks for first: some look at no other."""
        known = self._more.get(scopes, scopes)
        fresh = tuple(scope for scope in wanted if not any(_covers(own, scope) for own in known))
        self._more[scopes] = fresh + known

    def _token(self, scopes: Scopes) -> str:
        if self.login.registry_token:
            return _sound(self.login.registry_token, self._host)
        token = self._tokens.get(scopes)
        if token is None or time.monotonic() >= token.until:
            token = self._tokens[scopes] = self._fetch(scopes)
        return token.value

    def _fetch(self, scopes: Scopes) -> _Token:
        assert self._challenge is not None  # noqa: S101 - asked for only after a challenge
        realm = self._wire.target(self._wire.home, self._challenge.parameters["realm"])
        wanted = self._more.get(scopes, scopes)
        began = time.monotonic()
        try:
            answer = self._ask(realm, self._challenge.parameters.get("service", ""), wanted)
        except NotFound as fault:
            raise Refused(fault.message) from None  # it is not the manifest that is missing
        content = _object(answer.body)
        value = content.get("token") or content.get("access_token")
        if not isinstance(value, str) or not value:
            raise Mismatch(f"the token server of {self._host} gives no token")
        refreshed = content.get("refresh_token")
        if self.login.identity_token and isinstance(refreshed, str) and refreshed:
            self._login = replace(self.login, identity_token=refreshed)
        seconds = content.get("expires_in")
        lifetime = min(seconds, DAY) if isinstance(seconds, int) and seconds > 0 else LIFETIME
        return _Token(value=_sound(value, self._host), until=began + lifetime * SPENT)

    def _ask(self, realm: str, service: str, scopes: Scopes) -> Answer:
        """The token server's answer: POST with an identity token, else GET."""
        named = [("service", service)] if service else []
        login = self.login
        if login.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": login.identity_token}
            more = [("client_id", CLIENT), ("scope", " ".join(scopes))]
            body = urlencode([*form.items(), *named, *more])
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            call = Call(method="POST", url=realm, headers=headers, body=body.encode)
            try:
                return self._exchange(call, "", scopes)
            except NotFound:
                pass  # by oauth.md a 404 means: this server only knows GET
        parts = urlsplit(realm)
        query = [*parse_qsl(parts.query, keep_blank_values=True), *named]
        query += [("scope", scope) for scope in scopes]
        secret = login.password or login.identity_token
        signed = _basic(login.username or IDENTITY, secret) if secret else ""
        call = Call(method="GET", url=urlunsplit(parts._replace(query=urlencode(query))))
        return self._exchange(call, signed, scopes)

    def _exchange(self, call: Call, signed: str, scopes: Scopes) -> Answer:
        def sign(url: str) -> str:
            return signed if origin(url) == origin(call.url) else ""

        def once() -> Answer:
            answer = self._wire.ask(call, sign, TOKEN_BYTES)
            if answer.status == 200:
                return answer
            if answer.status in (400, 401, 403):
                raise self.denied(scopes)
            raise faults.answer(
                answer.status,
                answer.headers,
                answer.body,
                host=f"the token server of {self._host}",
                purpose="give a token",
                hide=self.hide,
            )

        return self._wire.patience.run(once)


def _covers(own: str, wanted: str) -> bool:
    resource, _, actions = own.rpartition(":")
    other, _, needed = wanted.rpartition(":")
    return resource == other and set(needed.split(",")) <= set(actions.split(","))


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _sound(token: str, host: str) -> str:
    """A token that can stand in a header; requests would quote any other in its error."""
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise Mismatch(f"the token for {host} has characters that no token has")
    return token


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
