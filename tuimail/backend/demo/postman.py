"""Takes the demo's letters: they go nowhere, but for those that the owner writes to herself."""

from collections.abc import Awaitable, Callable, Sequence

from tuimail.backend.demo.server import DemoServer
from tuimail.backend.postman import Receipt
from tuimail.model.mail import INBOX


class DemoPostman:
    """`Postman` over a server in memory; `own` is the owner's address."""

    def __init__(self, server: DemoServer, own: str) -> None:
        self._server = server
        self._own = own

    async def deliver(
        self,
        sender: str,
        recipients: Sequence[str],
        content: bytes,
        before_dot: Callable[[], Awaitable[None]],
    ) -> Receipt:
        await before_dot()
        if self._own in recipients:
            self._server.append(INBOX, content)
        return Receipt()

    def leave(self) -> None:
        return
