"""Tokens of a centre (section 3): asked for with its credentials, kept as long as they live, renewed before they end."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from irc_events import SupportLog
from irc_transport import Transport
from peer_common import Defects, Json

MARGIN_PART = 0.1
WAIT_FOR_EVER_S = 3600.0
HAMMERING_TRIES = 40


class NoToken(Exception):
    """There is no token now; the text says why."""


@dataclass(frozen=True)
class Credentials:
    """What a centre's credentials file tells. Its further members are nobody's business here."""

    realm: str
    server: str
    client_id: str
    client_secret: str

    @staticmethod
    def of_file(text: str) -> "Credentials":
        """Reads the file that the owner of the interface hands out, JSON in the layout of a client adapter."""
        file = json.loads(text)
        return Credentials(file["realm"], file["auth-server-url"], file["resource"], file["credentials"]["secret"])

    def token_url(self, defects: Defects) -> str:
        """The address of the token endpoint; `auth-server-url` may end with a slash."""
        server = self.server if defects.has("slash-doubled") else self.server.rstrip("/")
        return f"{server}/realms/{self.realm}/protocol/openid-connect/token"


class Tokens:
    """The token of one centre."""

    def __init__(self, credentials: Credentials, transport: Transport, log: SupportLog, defects: Defects,
                 goes_by_clock: bool = True) -> None:
        self._credentials = credentials
        self._goes_by_clock = goes_by_clock
        self._transport = transport
        self._log = log
        self._defects = defects
        self._guard = threading.Lock()
        self._token = ""
        self._until = 0.0
        log.hide(credentials.client_secret)

    def replace(self, credentials: Credentials) -> None:
        """Takes over new credentials; the token of the old ones is dropped."""
        self._log.hide(credentials.client_secret)
        with self._guard:
            self._credentials = credentials
            self._token = ""

    def bearer(self) -> str:
        """A token that is alive; asks for one where there is none."""
        with self._guard:
            is_over = self._goes_by_clock and time.monotonic() >= self._until and not self._defects.has("expiry-ignored")
            if not self._token or is_over or self._defects.has("token-for-each-request"):
                self._take(*self._asked())
            return self._token

    def _take(self, token: str, life_s: float) -> None:
        self._token = token
        self._until = time.monotonic() + life_s * (1 - MARGIN_PART)
        self._log.hide(token)

    def renew_early(self, within_s: float) -> None:
        """Renews a token that is over or soon will be, while nobody waits for it; one that cannot be had is asked for when needed."""
        if self._defects.has("expiry-ignored") or not self._goes_by_clock:
            return
        with self._guard:
            if self._token and time.monotonic() > self._until - within_s:
                with contextlib.suppress(NoToken):
                    self._take(*self._asked())

    def forget(self, token: str) -> None:
        """Drops a token that was refused, unless a newer one is there already."""
        with self._guard:
            if self._token == token and not self._defects.has("expiry-ignored"):
                self._token = ""

    def _asked(self) -> tuple[str, float]:
        try:
            return self._asked_once()
        except NoToken:
            if not self._defects.has("token-hammered"):
                raise
        for _ in range(HAMMERING_TRIES):
            with contextlib.suppress(NoToken):
                return self._asked_once()
        raise NoToken("the token endpoint gave none, however often it was asked")

    def _asked_once(self) -> tuple[str, float]:
        """Asks for a token; gives it with the seconds that it lives."""
        given = self._credentials
        wait_s = WAIT_FOR_EVER_S if self._defects.has("token-awaited-for-ever") else None
        method = "GET" if self._defects.has("token-by-get") else "POST"
        headers, body = self._request(given)
        outcome = self._transport.send(method, given.token_url(self._defects), body, headers, wait_s=wait_s)
        if outcome.status != 200:
            raise NoToken(f"no token for {given.client_id}: {outcome.told()}")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            answer = json.loads(outcome.body)
            if not self._knows_type(answer["token_type"]):
                raise NoToken(f"the token for {given.client_id} is of another type")
            return answer["access_token"], min(float(answer["expires_in"]), _own_life_s(answer["access_token"]))
        raise NoToken(f"the token endpoint answered {given.client_id} something else than a token")

    def _request(self, given: Credentials) -> tuple[list[tuple[str, str]], bytes]:
        fields: Json = {"grant_type": "credentials" if self._defects.has("grant-of-icd") else "client_credentials"}
        pair = base64.b64encode(f"{given.client_id}:{given.client_secret}".encode()).decode()
        if self._defects.has("secret-in-form"):
            fields.update(client_id=given.client_id, client_secret=given.client_secret)
            return [("Content-Type", "application/x-www-form-urlencoded")], urlencode(fields).encode()
        if self._defects.has("token-request-in-json"):
            return [("Authorization", f"Basic {pair}"), ("Content-Type", "application/json")], json.dumps(fields).encode()
        return ([("Authorization", f"Basic {pair}"), ("Content-Type", "application/x-www-form-urlencoded")],
                urlencode(fields).encode())

    def _knows_type(self, name: str) -> bool:
        return name == "Bearer" if self._defects.has("type-by-case") else name.lower() == "bearer"


def _own_life_s(token: str) -> float:
    """How long the token itself says that it lives; for ever where it cannot be read, as it is opaque by right."""
    with contextlib.suppress(ValueError, KeyError, IndexError, TypeError):
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return float(claims["exp"]) - float(claims["iat"])
    return float("inf")
