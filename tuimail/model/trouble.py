"""What a server does not give out."""

from dataclasses import dataclass
from datetime import datetime

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.safe_text import SafeText, safe_line


@dataclass(frozen=True, slots=True)
class Trouble:
    """A mailbox (`key` is None) or one message of it that could not be had, and why.

    Without the name of a mailbox it is their list that could not be had in full.

    `tries` counts the times in a row; 0: it may have been by chance. `broke`: the line was
    lost at it. `bare`: of the message not even the header came. `again` is when the server
    is asked for it next.
    """

    mailbox: MailboxName
    reason: SafeText
    again: datetime
    tries: int
    broke: bool = False
    bare: bool = False
    key: MessageKey | None = None
    validity: int = 0
    uid: int = 0
    subject: SafeText = SafeText("")

    @property
    def is_of_list(self) -> bool:
        return not self.mailbox

    @property
    def sentence(self) -> str:
        """What is missing and why, for the user."""
        if self.is_of_list:
            return f"the list of mailboxes could not be had in full: {self.reason}"
        name = safe_line(self.mailbox, 100)
        if self.key is None:
            return f"{name} cannot be read: {self.reason}"
        known = f' ("{self.subject}")' if self.subject and not self.bare else ""
        return f"message {self.uid}{known} of {name} cannot be had: {self.reason}"
