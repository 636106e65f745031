"""Copying out of a message: to the clipboard of whoever sits at the terminal."""

from functools import partial

from tuimail.model.body import Body, Link
from tuimail.model.mail import Message
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import settle
from tuimail.ui.choices import Choice, Choices
from tuimail.ui.parts.desk import Desk
from tuimail.ui.prompts import Prompt


class Yank:
    """Offers the links of the current message, who wrote it, and its Message-ID."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask(self) -> None:
        message = self._desk.list.current
        if message is None:
            self._desk.say("There is no message here.")
            return
        self._desk.run(partial(self._offer, message), "yank")

    async def _offer(self, message: Message) -> None:
        body = await self._desk.mail.body(message.key)
        offered = things(message, body.links if isinstance(body, Body) else ())

        def picked(text: str) -> None:
            self._desk.window.copy(text)
            self._desk.say(f"Copied {text}")

        self._desk.prompts.ask(
            Prompt("Copy:", picked, choices=Choices(offered), title="To the clipboard")
        )


def things(message: Message, links: tuple[Link, ...]) -> list[Choice[str]]:
    """What can be copied, as it is shown: no line of a stranger's has a hidden part."""
    envelope = message.envelope
    offered = [_thing(link.target, f"link {link.number}") for link in links]
    offered += [_thing(each.address, "from") for each in envelope.from_]
    offered += [_thing(each.address, "answers to") for each in envelope.reply_to]
    if envelope.message_id:
        offered.append(_thing(envelope.message_id, "Message-ID"))
    return offered


def _thing(text: str, what: str) -> Choice[str]:
    shown = safe_line(text)
    return Choice(settle(shown), shown, what)
