"""Random histories of a maildrop whose server fails everywhere: nothing is lost, all ends well."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import Letter, Pop3Server, Quits, Uidls
from tests.unit.engine.test_drain import Machine
from tuimail.backend.base import Refused, Unreachable
from tuimail.engine.same_letter import Print

ODD_ROWS = (b"2", b"2 ", b"0 7", b"x", b"2 -1", b"", b"9 9", b"3 " + b"9" * 30)


def cores(contents: list[bytes]) -> Counter[bytes]:
    return Counter(Print.of(content).core for content in contents)


@dataclass
class History:
    """`ever` is what the server ever had; it breaks every rule at `chance`."""

    machine: Machine
    chance: random.Random
    ever: list[bytes] = field(default_factory=list)
    number: int = 0

    def arrive(self) -> None:
        for _ in range(self.chance.randint(0, 4)):
            self.number += 1
            body = "x" * 70 * self.chance.randint(1, 40) + "\r\n"
            content = letter(f"{self.number}", body, message_id=f"<{self.number}@example.org>")
            self.machine.server.letters.append(Letter(content, f"u{self.chance.random()}"))
            self.ever.append(content)

    def break_things(self) -> None:
        server, chance = self.machine.server, self.chance
        server.breaks_every = chance.choice([None, None, 400, 2_000, 8_000, 20_000])
        server.uidls = chance.choice([*[Uidls.UNIQUE] * 6, *Uidls])
        server.quits = chance.choice([Quits.WELL, *Quits])
        server.tops = chance.random() < 0.8
        server.cut_at_top = chance.random() < 0.1
        server.cut_at_dele = server.heard["DELE"] + 2 if chance.random() < 0.1 else None
        server.capabilities = chance.choice(
            [("TOP", "UIDL", "PIPELINING", "USER"), ("USER",), None]
        )
        odd = chance.random() < 0.3
        server.rows = self._odd if odd else lambda _, rows: rows
        for each in server.letters:
            each.refused = chance.random() < 0.05
            each.garbled = chance.random() < 0.02
            each.breaks_at = chance.randint(0, 500) if chance.random() < 0.05 else None
            each.listed_size = chance.randint(-5, 9_999) if chance.random() < 0.1 else None
            if chance.random() < 0.1:
                plain = each.content.replace(b"\r\nStatus: RO", b"")
                noted = plain.replace(b"\r\n\r\n", b"\r\nStatus: RO\r\n\r\n", 1)
                each.content = chance.choice([plain, noted])

    def _odd(self, _: str, told: list[bytes]) -> list[bytes] | None:
        if self.chance.random() < 0.1:
            return None
        rows = list(told)
        for _i in range(self.chance.randint(1, 2)):
            place = self.chance.randint(0, len(rows))
            rows[place : place + self.chance.randint(0, 1)] = [self.chance.choice(ODD_ROWS)]
        return rows

    def mend(self) -> None:
        server = self.machine.server
        server.breaks_every = server.cut_at_dele = None
        server.uidls, server.quits, server.tops = Uidls.UNIQUE, Quits.WELL, True
        server.cut_at_top = False
        server.rows = lambda _, rows: rows
        for each in server.letters:
            each.refused = each.garbled = False
            each.breaks_at = each.listed_size = None

    async def visit(self) -> None:
        visiting = asyncio.ensure_future(self.machine.drain())
        if self.chance.random() < 0.15:
            await asyncio.sleep(self.chance.random() * 0.02)
            visiting.cancel()
        with suppress(Unreachable, Refused, asyncio.CancelledError):
            await visiting
        self.machine.ahead += timedelta(hours=self.chance.choice([0, 1, 30, 100]))

    def judge(self) -> None:
        """Whatever left the server is here."""
        here, there = cores(self.machine.contents), cores(self.machine.server.contents)
        assert not cores(self.ever) - here - there, "lost"


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_a_server_does_nothing_is_lost_and_in_the_end_all_is_here(
    tmp_path: Path, seed: int
) -> None:
    async with Pop3Server().open() as server:
        chance = random.Random(seed)
        machine = Machine(tmp_path, server, days=chance.choice([0, 0, 3]))
        history = History(machine, chance)
        for _ in range(14):
            history.arrive()
            history.break_things()
            await history.visit()
            history.judge()
        history.mend()
        for _ in range(12):
            machine.ahead += timedelta(days=2)
            await history.visit()
            history.judge()
        assert not cores(history.ever) - cores(machine.contents)
        assert server.letters == []
        await machine.close()
