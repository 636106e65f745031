"""Mail that means harm: a reader must show it without being harmed (security.md)."""

from tuimail.backend.demo.letters.letter import Letter, ago, on
from tuimail.backend.demo.letters.people import OWNER, Person
from tuimail.model.mail import JUNK, SEEN, Flag, MailboxName

JUNK_MAILBOX = MailboxName("Junk")
UNREAD: frozenset[Flag] = frozenset()
MARKED = frozenset({JUNK})

_phishing = Letter(
    "account-suspended",
    Person("Sparbanken Väst", "notice@account-verify.example.net", zone=3, honest=False),
    ago(230),
    "Your account will be closed today",
    html="""<html><body>
<p>Dear customer,</p>
<p>we have noticed unusual activity. Confirm your details <b>within 24 hours</b>, or your
account will be closed:</p>
<p><a href="http://203.0.113.77/vast/login.php?id=mira">https://sparbanken-vast.example/login</a></p>
<p style="color:#ffffff;font-size:1px">meeting agenda quarterly report lunch invoice thanks</p>
<p>Sparbanken Väst &middot; your security is our business</p>
</body></html>
""",
    headers=(("Reply-To", "Sparbanken <collect@account-verify.example.net>"),),
    flags=UNREAD,
)


def _escapes(date: str) -> bytes:
    """Written by hand: no mail library would send such a thing."""
    return "\r\n".join(
        [
            "Return-Path: <prankster@nowhere.example.org>",
            f"Date: {date}",
            "From: =?utf-8?B?G1szMW1Sb290G1swbQ==?= <prankster@nowhere.example.org>",
            f"To: {OWNER.name} <{OWNER.address}>",
            "Subject: \x1b]0;owned\x07\x1b[2JYou have won \x1b[5ma terminal\x1b[0m"
            " =?utf-8?B?4oCuZ25wLmV4ZQ==?=",
            "Message-ID: <escapes@nowhere.example.org>",
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="=_escapes_0"',
            "",
            "--=_escapes_0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            "",
            "If your mail reader is careless, this line has just cleared your screen\x1b[2J\x1b[H,",
            "changed the title of your window\x1b]0;pwned\x07, hidden what follows\x1b[8m and",
            "copied a command for you to paste\x1b]52;c;cm0gLXJmIH4K\x07.",
            "",
            "If it is careful, you see little pictures of control characters instead.",
            "",
            "--=_escapes_0",
            "Content-Type: application/octet-stream",
            'Content-Disposition: attachment; filename="../../\x1b[31mholiday\x1b[0m.png.sh"',
            "",
            "echo hello",
            "--=_escapes_0--",
            "",
        ]
    ).encode()


_prank = Letter(
    "escapes",
    Person("prankster", "prankster@nowhere.example.org", zone=0),
    on(2, "01:13"),
    "You have won a terminal",
    raw=_escapes,
    flags=frozenset({SEEN}),
)
_prince = Letter(
    "prince",
    Person("Prince Adalbert of Ruritania", "adalbert@ruritania.example", zone=1, honest=False),
    on(1, "02:02"),
    "A confidential matter of 14 million crowns and one horse",
    """
    Esteemed friend,

    my late uncle has left fourteen million crowns in a bank whose name I
    cannot say aloud, and a horse whose name is Gustav. I can keep only one.

    Send me the number of your account and a bag of oats.

    Adalbert
    """,
    mailbox=JUNK_MAILBOX,
    flags=MARKED,
)
_crypto = Letter(
    "crypto",
    Person("M\u200bira Lindqvist", "mira.lindqvist@wallet-sync.example.net", honest=False),
    on(3, "02:45"),
    "Re: your w\u00adallet is out of sync",
    """
    Hello mira@lindqvist.example,

    your wallet is out of sync. You do not have a wallet? That is exactly
    the problem we can help you with.

    http://wallet-sync.example.net/?u=mira
    """,
    mailbox=JUNK_MAILBOX,
    flags=MARKED,
)
_seo = Letter(
    "seo",
    Person("Brad from RankRocket", "brad@rankrocket.example", zone=-5),
    on(5, "15:00"),
    "Quick question about lindqvist.example",
    """
    Hi there,

    I was browsing your website and noticed that it is not the first result
    for "website". I can fix that. When can we jump on a call?

    Brad

    PS. Just bumping this to the top of your inbox.
    PPS. Just bumping the PS.
    """,
    mailbox=JUNK_MAILBOX,
    flags=MARKED | {SEEN},
)
_pills = Letter(
    "pills",
    Person("Dr. Wonder", "dr@wonder-herbs.example", honest=False),
    on(6, "03:33"),
    "𝐆𝐫𝐨𝐰 𝐚 𝐬𝐞𝐜𝐨𝐧𝐝 𝐡𝐞𝐚𝐝 𝐨𝐟 𝐡𝐚𝐢𝐫 🌿🌿🌿",
    html="""<html><body><center><font size="7" color="red">A SECOND HEAD OF HAIR</font><br>
<a href="http://198.51.100.9/buy">YES PLEASE</a></center></body></html>
""",
    mailbox=JUNK_MAILBOX,
    flags=MARKED,
)

LETTERS = (_phishing, _prank, _prince, _crypto, _seo, _pills)
