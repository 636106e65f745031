"""What a server wants the user to read, told once."""

from collections.abc import Callable

from tuimail.engine.events import ServerAlert
from tuimail.model.mail import AccountName
from tuimail.model.safe_text import SafeText

# More is not meant to be read.
MOST = 20


class Alerts:
    """Publishes each text once, however often and on however many lines it is said.

    `told` is for whoever comes later.
    """

    def __init__(self, account: AccountName, publish: Callable[[ServerAlert], None]) -> None:
        self._account = account
        self._publish = publish
        self.told: list[ServerAlert] = []

    def hear(self, text: SafeText) -> None:
        alert = ServerAlert(self._account, text)
        if alert not in self.told and len(self.told) < MOST:
            self.told.append(alert)
            self._publish(alert)
