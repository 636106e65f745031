"""News put together: what to read again, what to tell. Pure."""

from dataclasses import dataclass, field
from typing import assert_never

from tuimail.engine.events import (
    BodiesArrived,
    BodiesFailed,
    ConnectionChanged,
    EngineGone,
    Event,
    JournalChanged,
    MailboxChanged,
    MailboxesChanged,
    OperationParked,
    OutboxChanged,
    Progress,
    SecretNeeded,
    ServerAlert,
    SyncFinished,
)
from tuimail.model.mail import AccountName, MailboxId, MessageKey
from tuimail.model.safe_text import SafeText


@dataclass(slots=True)
class Digest:
    """Many events as one; a later one of a kind replaces an earlier one."""

    mailboxes: set[MailboxId] = field(default_factory=set)
    listing: bool = False
    journal: bool = False
    outbox: set[AccountName] = field(default_factory=set)
    arrived: set[MessageKey] = field(default_factory=set)
    failed: dict[MessageKey, SafeText] = field(default_factory=dict)
    parked: list[OperationParked] = field(default_factory=list)
    connections: dict[AccountName, ConnectionChanged] = field(default_factory=dict)
    secrets: dict[AccountName, SecretNeeded] = field(default_factory=dict)
    alerts: list[ServerAlert] = field(default_factory=list)
    progress: dict[AccountName, Progress] = field(default_factory=dict)
    finished: list[SyncFinished] = field(default_factory=list)
    gone: EngineGone | None = None

    @property
    def touches_lists(self) -> bool:
        return bool(self.mailboxes) or self.listing or self.journal

    def add(self, event: Event) -> None:  # noqa: C901, PLR0912  one short case to a kind of news
        match event:
            case MailboxChanged(mailbox=mailbox):
                self.mailboxes.add(mailbox)
            case MailboxesChanged():
                self.listing = True
            case JournalChanged():
                self.journal = True
            case OutboxChanged(account=account):
                self.outbox.add(account)
            case BodiesArrived(keys=keys):
                self.arrived |= keys
            case BodiesFailed(keys=keys, reason=reason):
                self.failed |= dict.fromkeys(keys, reason)
            case OperationParked():
                self.parked.append(event)
            case ConnectionChanged(account=account):
                self.connections[account] = event
            case SecretNeeded(account=account):
                self.secrets[account] = event
            case ServerAlert():
                self.alerts.append(event)
            case Progress(account=account):
                self.progress[account] = event
            case SyncFinished():
                self.finished.append(event)
            case EngineGone():
                self.gone = event
            case _:
                assert_never(event)
