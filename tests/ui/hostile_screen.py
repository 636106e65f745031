"""A program to be watched in a pty: a mailbox whose texts no border has cleaned."""

from dataclasses import replace
from pathlib import Path

from tests.ui.fake_mail import NOW, FakeMail, message
from tuimail.model.address import Address
from tuimail.model.body import Attachment, Body, Link
from tuimail.model.safe_text import SafeText
from tuimail.ui.app import TuimailApp

CANARIES = (
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x07",
    "\x1b[2J\x1b[99;99H",
    "\x1bP1$q\x1b\\",
    "\x9b32m\x9d0;c1\x9c",
    "\u202eexe.gnp\u202c\u2066",
    "cut\rover\x08\x00\x7f",
    "[@click=app.quit][/] [/",
)


def letters() -> FakeMail:
    dirty = SafeText(" ".join(CANARIES))
    letter = message(1, "canary")
    people = (Address(dirty, dirty),)
    envelope = replace(letter.envelope, subject=dirty, from_=people, to=people, cc=people)
    mail = FakeMail(
        [replace(letter, envelope=envelope, snippet=dirty), message(2, "The second letter")]
    )
    mail.bodies[letter.key] = Body(
        headers=((dirty, dirty),),
        lines=(*map(SafeText, CANARIES), SafeText("The end of the text.")),
        links=(Link(1, dirty, dirty),),
        attachments=(Attachment(1, dirty, dirty, 10),),
        notes=(dirty,),
    )
    return mail


if __name__ == "__main__":
    nowhere = Path("/dev/null/nowhere")
    TuimailApp(letters(), drafts=lambda _: nowhere, now=lambda: NOW).run(mouse=False)
