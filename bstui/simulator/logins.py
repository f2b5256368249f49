"""Logging a device in: codes that wait for somebody to accept them in a browser."""

import hashlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bstui.simulator.account import Grant, User
from bstui.simulator.region import Region

LIFETIME = 1800
"""Seconds that a code is good for, as recorded."""
INTERVAL = 1
"""Seconds that a client is told to wait between two questions."""


@dataclass
class Login:
    """One device's wish."""

    device_code: str
    user_code: str
    scopes: tuple[str, ...]
    ends: float
    """By the clock."""
    token: str = ""
    """Once somebody has accepted it."""
    is_refused: bool = False


class Logins:
    """The wishes of a region, and what became of them."""

    def __init__(self, region: Region, seed: int, clock: Callable[[], float]) -> None:
        self._region = region
        self._seed = f"{seed} {region.code}"
        self._clock = clock
        self._numbers = itertools.count(1)
        self._logins: dict[str, Login] = {}
        self._lock = threading.Lock()

    def begin(self, scope: str) -> Login:
        """A new code; `scope` is a list with commas, in any case."""
        code = self._digest(f"device {next(self._numbers)}")
        scopes = tuple(" ".join(word.split()).upper() for word in scope.split(",") if word.strip())
        login = Login(code, code[:5], scopes, self._clock() + LIFETIME)
        with self._lock:
            self._logins[code] = login
        return login

    def of_device(self, code: str) -> Login | None:
        """The login of a device code that is still good."""
        login = self._logins.get(code)
        return login if login and login.ends > self._clock() else None

    def of_user(self, code: str) -> Login | None:
        logins = (self.of_device(login) for login in list(self._logins))
        return next((login for login in logins if login and login.user_code == code), None)

    def accept(self, login: Login, user: User) -> None:
        """Give the device a token of its own, for the scopes that it asked for."""
        login.token = self._digest(f"token of {login.device_code}")
        self._region.grants[login.token] = Grant(user, login.scopes)

    def refuse(self, login: Login) -> None:
        login.is_refused = True

    def choices(self) -> list[User]:
        """Who may accept: everybody that has a token here, once."""
        return list({grant.user.id: grant.user for grant in self._region.grants.values()}.values())

    def _digest(self, text: str) -> str:
        return hashlib.md5(f"{self._seed} {text}".encode()).hexdigest()
