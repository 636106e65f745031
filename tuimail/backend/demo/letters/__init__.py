"""The demo's mail: a hundred letters, the same every time but for their dates."""

from datetime import datetime

from tuimail.backend.demo.letters import (
    choir,
    errands,
    family,
    newsletters,
    project,
    python_dev,
    reading,
    trouble,
    work,
    world,
)
from tuimail.backend.demo.letters.letter import Letter, render
from tuimail.backend.demo.letters.people import OWNER
from tuimail.backend.demo.server import DemoServer

OWNER_NAME = OWNER.name
OWNER_ADDRESS = OWNER.address

LETTERS: tuple[Letter, ...] = (
    *work.LETTERS,
    *family.LETTERS,
    *choir.LETTERS,
    *project.LETTERS,
    *python_dev.LETTERS,
    *newsletters.LETTERS,
    *errands.LETTERS,
    *world.LETTERS,
    *reading.LETTERS,
    *trouble.LETTERS,
)


def demo_server(now: datetime) -> DemoServer:
    """A server that holds all letters, dated back from `now` in its time zone."""
    server = DemoServer()
    for letter in sorted(LETTERS, key=lambda letter: letter.received(now)):
        if not server.has_mailbox(letter.mailbox):
            server.create(letter.mailbox)
        server.append(letter.mailbox, render(letter, now), letter.flags, letter.received(now))
    return server
