"""One account's password or token in memory, and the rule that a refused one is not tried again."""

import time
from collections.abc import Awaitable, Callable

from tuimail.backend.base import NotAuthorized
from tuimail.engine.events import Connection

BETWEEN_TRIES = 15 * 60.0

FindSecret = Callable[[], Awaitable[str | None]]


class SecretKeeper:
    """What a screen gave, else what the settings lead to (security.md N14, S4).

    A `token` lives for an hour: there what the settings lead to comes first.
    """

    def __init__(
        self,
        find: FindSecret,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        token: bool = False,
    ) -> None:
        self.token = token
        self._find = find
        self._monotonic = monotonic
        self._given: str | None = None
        self._told = False
        self._refused_at: float | None = None

    async def secret(self) -> str:
        """Raises NotAuthorized if there is none without asking the user."""
        found = await self.known()
        if found is None:
            raise NotAuthorized("The password is not known.")
        self._told = True
        return found

    async def known(self) -> str | None:
        """The same for who logs in elsewhere with it."""
        if not self.token or self._given is None:
            return self._given or await self._find()
        try:
            return await self._find()
        except NotAuthorized:
            # The command may have to ask at a terminal, and there is none here.
            return self._given

    def give(self, secret: str) -> None:
        self._given = secret
        self._refused_at = None

    def accepted(self) -> None:
        self._told = False
        self._refused_at = None

    def refused(self) -> None:
        """Nobody let us in: forget what was given, and remember if a server said so."""
        self._given = None
        if self._told:
            self._refused_at = self._monotonic()
        self._told = False

    @property
    def wanted(self) -> Connection:
        """How an account stands that has been refused."""
        return Connection.NEEDS_TOKEN if self.token else Connection.NEEDS_SECRET

    def may_try(self) -> bool:
        """Whether a try that no user asked for is allowed."""
        if self._refused_at is None:
            return True
        return self._monotonic() - self._refused_at >= BETWEEN_TRIES
