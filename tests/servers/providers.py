"""Scripted servers with the manners of real ones, as public bug reports tell them.

Each has the capabilities, names, namespaces and odd answers that users of other programs saw.
"""

import re
from dataclasses import dataclass

from tests.servers.scripted_imap import Box, ScriptedImap, Session, Stored, removed


@dataclass(frozen=True, slots=True)
class Places:
    """What the server's mailboxes for each purpose are called, on the wire."""

    archive: str = "Archive"
    sent: str = "Sent"
    trash: str = "Trash"
    junk: str = "Junk"
    # Where a mailbox of the user's own is made.
    own: str = "Projects"


class Provider(ScriptedImap):
    """`refused` are mailboxes of LIST that cannot be opened."""

    places = Places()
    boxes_besides: tuple[tuple[str, str], ...] = ()
    refused: frozenset[str] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.boxes = {"INBOX": Box(), **{name: Box(role) for name, role in self.boxes_besides}}


class Gmail(Provider):
    """Mailboxes are labels: a letter is in All Mail as long as it is in none of Trash and Spam."""

    capabilities = (
        "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE"
        " ESEARCH LIST-EXTENDED LITERAL- SPECIAL-USE SASL-IR AUTH=XOAUTH2 AUTH=PLAIN"
    )
    everything = "[Gmail]/Alle Nachrichten"
    places = Places(
        archive=everything,
        sent="[Gmail]/Gesendet",
        trash="[Gmail]/Papierkorb",
        junk="[Gmail]/Spam",
    )
    boxes_besides = (
        ("[Gmail]", r"\HasChildren \Noselect"),
        (everything, r"\All \HasNoChildren"),
        ("[Gmail]/Entw&APw-rfe", r"\Drafts"),
        ("[Gmail]/Gesendet", r"\Sent"),
        ("[Gmail]/Markiert", r"\Flagged"),
        ("[Gmail]/Papierkorb", r"\Trash"),
        ("[Gmail]/Spam", r"\Junk"),
        ("[Gmail]/Wichtig", r"\Important"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.hook("UID COPY")(self._label)
        self.hook("UID MOVE")(self._label)

    def deliver(self, content: bytes, mailbox: str = "INBOX") -> int:
        uid = super().deliver(content, mailbox)
        self._enter_everything(self.boxes[mailbox].messages[uid])
        return uid

    def _label(self, session: Session, tag: str, name: str, arguments: bytes) -> bool:
        """What is there already keeps its UID there."""
        wanted, _, target = arguments.partition(b" ")
        target_name = target.decode().strip('"')
        if target_name not in self.boxes:
            return False
        box, uids, new = self.boxes[target_name], session.uids(wanted), []
        for uid in uids:
            message = session.box.messages[uid]
            there = [number for number, each in box.messages.items() if each is message]
            new.append(there[0] if there else box.next_uid)
            if not there:
                box.messages[box.next_uid] = message
                box.next_uid += 1
            if target_name in self._apart:
                self._leave_everything(message)
            elif session.selected in self._apart:
                self._enter_everything(message)
        code = f"[COPYUID {box.validity} {_set(uids)} {_set(new)}] " if uids else ""
        if name == "UID MOVE":
            gone = removed(session, [uid for uid in uids if uid in session.box.messages])
            session.say(f"* OK {code}moved", *gone, f"{tag} OK done")
        else:
            session.say(f"{tag} OK {code}copied")
        return True

    @property
    def _apart(self) -> tuple[str, str]:
        return self.places.trash, self.places.junk

    def _enter_everything(self, message: Stored) -> None:
        everything = self.boxes[self.everything]
        if message not in everything.messages.values():
            everything.messages[everything.next_uid] = message
            everything.next_uid += 1

    def _leave_everything(self, message: Stored) -> None:
        everything = self.boxes[self.everything].messages
        for uid in [uid for uid, each in everything.items() if each is message]:
            del everything[uid]


class Exchange(Provider):
    """German, no SPECIAL-USE, sizes estimated; a folder that fails, and folders of no mail."""

    capabilities = (
        "IMAP4 IMAP4rev1 AUTH=NTLM AUTH=GSSAPI AUTH=PLAIN SASL-IR UIDPLUS MOVE ID UNSELECT"
        " CHILDREN IDLE NAMESPACE LITERAL+"
    )
    places = Places(
        archive="Archiv",
        sent="Gesendete Elemente",
        trash="Gel&APY-schte Elemente",
        junk="Junk-E-Mail",
    )
    boxes_besides = (
        ("Archiv", ""),
        ("Entw&APw-rfe", ""),
        ("Gel&APY-schte Elemente", ""),
        ("Gesendete Elemente", ""),
        ("Junk-E-Mail", ""),
        ("Kalender", ""),
        ("Postausgang", ""),
    )
    refused = frozenset({"Kalender"})

    def __init__(self) -> None:
        super().__init__()
        self.hook("SELECT")(self._fail)
        self.hook("STATUS")(self._fail)

    def _fail(self, session: Session, tag: str, _name: str, arguments: bytes) -> bool:
        if not arguments.strip(b'"').startswith(b"Kalender"):
            return False
        session.say(f"{tag} NO Server Unavailable. 15")
        return True

    def row(self, session: Session, uid: int, items: bytes) -> bytes:
        row = super().row(session, uid, items)
        return re.sub(rb"RFC822\.SIZE (\d+)", lambda size: _estimate(size[1]), row, count=1)


class Yahoo(Provider):
    """One letter cannot be given out; Bulk and Draft; no ESEARCH."""

    capabilities = (
        "IMAP4rev1 ID MOVE NAMESPACE XYMHIGHESTMODSEQ UIDPLUS LITERAL+ CHILDREN UNSELECT"
        " SPECIAL-USE OBJECTID SASL-IR AUTH=PLAIN"
    )
    places = Places(junk="Bulk")
    boxes_besides = (
        ("Archive", r"\Archive \HasNoChildren"),
        ("Bulk", r"\Junk \HasNoChildren"),
        ("Draft", r"\Drafts \HasNoChildren"),
        ("Sent", r"\Sent \HasNoChildren"),
        ("Trash", r"\Trash \HasNoChildren"),
    )
    cannot_give = 3

    def __init__(self) -> None:
        super().__init__()
        self.hook("UID FETCH")(self._withhold)

    def _withhold(self, session: Session, tag: str, _name: str, arguments: bytes) -> bool:
        wanted, _, items = arguments.partition(b" ")
        whole = b"BODY.PEEK[]" in items.upper()
        if session.selected != "INBOX" or not whole or self.cannot_give not in session.uids(wanted):
            return False
        session.say(f"{tag} NO [UNAVAILABLE] UID FETCH Server error - Please try again later")
        return True


class NetEase(Provider):
    """No mailbox opens before ID; LOGIN alone; Chinese names."""

    capabilities = "IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ APPENDLIMIT=71680000 UIDPLUS X-CM-EXT-1"
    places = Places(archive="Archive", sent="&XfJT0ZAB-", trash="&XfJSIJZk-", junk="&V4NXPpCuTvY-")
    boxes_besides = (
        ("&g0l6P3ux-", r"\Drafts"),
        ("&XfJT0ZAB-", r"\Sent"),
        ("&XfJSIJZk-", r"\Trash"),
        ("&V4NXPpCuTvY-", r"\Junk"),
        ("&dcVr0mWHTvZZOQ-", ""),
    )

    def __init__(self) -> None:
        super().__init__()
        self._introduced: set[int] = set()
        self.hook("ID")(self._meet)
        self.hook("SELECT")(self._ask_who)
        self.hook("EXAMINE")(self._ask_who)

    def _meet(self, session: Session, _tag: str, _name: str, _arguments: bytes) -> bool:
        self._introduced.add(session.number)
        return False

    def _ask_who(self, session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
        if session.number in self._introduced:
            return False
        session.say(f"{tag} NO SELECT Unsafe Login. Please contact kefu@188.com for help")
        return True


class DavMail(Provider):
    """A gateway: two blanks keep the line alive, sizes are Exchange's, UIDVALIDITY is 1."""

    capabilities = "IMAP4REV1 AUTH=LOGIN MOVE SPECIAL-USE UIDPLUS IDLE"
    boxes_besides = (
        ("Archive", r"\HasNoChildren"),
        ("Drafts", r"\HasNoChildren \Drafts"),
        ("Junk", r"\HasNoChildren \Junk"),
        ("Sent", r"\HasNoChildren \Sent"),
        ("Trash", r"\HasNoChildren \Trash"),
        ("Unsent Messages", r"\HasNoChildren"),
    )

    def __init__(self) -> None:
        super().__init__()
        for box in self.boxes.values():
            box.validity = 1
        self.hook("SELECT")(self._keep_alive)

    def _keep_alive(self, session: Session, tag: str, _name: str, arguments: bytes) -> bool:
        name = arguments.decode().strip('"')
        if name not in self.boxes:
            return False
        session.selected = name
        session.conversation.send(b"*")
        session.conversation.send(b" " * 3)
        session.say(
            f"{len(session.box.messages)} EXISTS",
            "* 0 RECENT",
            "* OK [UIDVALIDITY 1]",
            f"* OK [UIDNEXT {session.box.next_uid}]",
            r"* FLAGS (\Answered \Deleted \Draft \Flagged \Seen $Forwarded Junk)",
            r"* OK [PERMANENTFLAGS (\Answered \Deleted \Draft \Flagged \Seen $Forwarded Junk \*)]",
            f"{tag} OK [READ-WRITE] SELECT completed",
        )
        return True

    def row(self, session: Session, uid: int, items: bytes) -> bytes:
        row = super().row(session, uid, items)
        row = re.sub(rb"RFC822\.SIZE (\d+)", lambda size: _estimate(size[1]), row, count=1)
        return row.replace(b" FETCH (", b"  FETCH (", 1) if uid % 2 else row


class Stalwart(Provider):
    """IMAP4rev2: ESEARCH unasked, "Deleted Items"; ends each IDLE with BYE."""

    capabilities = (
        "IMAP4rev2 IMAP4rev1 ENABLE SASL-IR LITERAL+ ID UTF8=ACCEPT AUTH=PLAIN AUTH=OAUTHBEARER"
        " IDLE NAMESPACE UIDPLUS UNSELECT MOVE ESEARCH SPECIAL-USE LIST-EXTENDED"
    )
    namespace = '(("" "/")) (("Shared Folders" "/")) NIL'
    places = Places(sent="Sent Items", trash="Deleted Items", junk="Junk Mail")
    boxes_besides = (
        ("Archive", r"\Archive"),
        ("Deleted Items", r"\Trash"),
        ("Drafts", r"\Drafts"),
        ("Junk Mail", r"\Junk"),
        ("Sent Items", r"\Sent"),
        ("Shared Folders/team@example.com/INBOX", ""),
    )

    def __init__(self) -> None:
        super().__init__()
        self.hook("IDLE")(self._leave)

    def _leave(self, session: Session, _tag: str, _name: str, _arguments: bytes) -> bool:
        session.say("* BYE Server shutting down.")
        session.conversation.hang_up()
        return True


class Courier(Provider):
    """Everything is below INBOX; a poor set of capabilities."""

    capabilities = (
        "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA"
        " IDLE AUTH=PLAIN ACL ACL2=UNION"
    )
    namespace = '(("INBOX." ".")) NIL (("#shared." ".")("shared." "."))'
    delimiter = '"."'
    prefix = "INBOX."
    refusal = "Invalid mailbox name."
    places = Places(
        archive="INBOX.Archive",
        sent="INBOX.Sent",
        trash="INBOX.Trash",
        junk="INBOX.Junk",
        own="INBOX.Projects",
    )

    def __init__(self) -> None:
        super().__init__()
        self.hook("CREATE")(self._only_below)

    def _only_below(self, session: Session, tag: str, _name: str, arguments: bytes) -> bool:
        if arguments.decode().strip('"').startswith(self.prefix):
            return False
        session.say(f"{tag} NO {self.refusal}")
        return True


class Cyrus(Courier):
    """The same below INBOX, with other users' and shared mailboxes beside it."""

    capabilities = (
        "IMAP4rev1 LITERAL+ ID ENABLE ACL RIGHTS=kxten QUOTA MAILBOX-REFERRALS NAMESPACE UIDPLUS"
        " NO_ATOMIC_RENAME UNSELECT CHILDREN MULTIAPPEND BINARY SORT THREAD=REFERENCES ESEARCH"
        " IDLE MOVE SASL-IR AUTH=PLAIN X-NETSCAPE"
    )
    namespace = '(("INBOX." ".")) (("user." ".")) (("" "."))'
    refusal = "Permission denied"
    boxes_besides = (
        ("INBOX.Entw&APw-rfe", ""),
        ("INBOX.Sent", ""),
        ("user.bert.INBOX", ""),
        ("staff", r"\HasChildren \Noselect"),
        ("staff.news", ""),
    )


class Domino(Provider):
    """Dates of the year 0, a backslash between names, no MOVE."""

    capabilities = "IMAP4rev1 AUTH=PLAIN LITERAL+ NAMESPACE QUOTA UIDPLUS"
    namespace = '(("" "\\\\")) (("Other Users\\\\" "\\\\")) NIL'
    delimiter = '"\\\\"'
    places = Places(junk="JunkMail")
    boxes_besides = (
        ("Drafts", ""),
        ("JunkMail", ""),
        ("Sent", ""),
        ("Trash", ""),
    )

    def row(self, session: Session, uid: int, items: bytes) -> bytes:
        row = super().row(session, uid, items)
        return re.sub(
            rb'INTERNALDATE "[^"]*"', b'INTERNALDATE "00-Jan-0000 00:00:00 +0000"', row, count=1
        )


class Zimbra(Provider):
    """Folders of no mail that refuse SELECT, CONDSTORE refused, LSUB unwanted."""

    capabilities = (
        "IMAP4rev1 ACL AUTH=PLAIN BINARY CATENATE CHILDREN ENABLE ESEARCH ESORT"
        " I18NLEVEL=1 ID IDLE LIST-EXTENDED LITERAL+ MULTIAPPEND NAMESPACE QUOTA RIGHTS=ektx"
        " SASL-IR SEARCHRES SORT THREAD=ORDEREDSUBJECT UIDPLUS UNSELECT WITHIN XLIST"
    )
    namespace = '(("" "/")) (("/home/" "/")) NIL'
    boxes_besides = (
        ("Chats", r"\HasNoChildren"),
        ("Contacts", r"\NoInferiors"),
        ("Drafts", r"\HasNoChildren"),
        ("Junk", r"\HasNoChildren"),
        ("Sent", r"\HasNoChildren"),
        ("Trash", r"\HasNoChildren"),
    )
    refused = frozenset({"Contacts"})

    def __init__(self) -> None:
        super().__init__()
        self.hook("SELECT")(self._refuse)
        self.hook("STATUS")(self._refuse)
        self.hook("LSUB")(self._not_now)

    def _refuse(self, session: Session, tag: str, name: str, arguments: bytes) -> bool:
        if not arguments.strip(b'"').startswith(b"Contacts"):
            return False
        session.say(f"{tag} NO {name} failed")
        return True

    def _not_now(self, session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
        session.say(f"{tag} BAD parse error: not now")
        return True


PROVIDERS: tuple[type[Provider], ...] = (
    Gmail,
    Exchange,
    Yahoo,
    NetEase,
    DavMail,
    Stalwart,
    Courier,
    Cyrus,
    Domino,
    Zimbra,
)


def _estimate(size: bytes) -> bytes:
    """As of a letter that the server has in another form: a little too much."""
    return b"RFC822.SIZE %d" % (int(size) + 37)


def _set(uids: list[int]) -> str:
    return ",".join(map(str, uids))
