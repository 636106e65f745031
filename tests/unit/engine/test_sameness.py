"""Whether a UIDL still leads to its message: what is asked, what is believed without an answer."""

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from tuimail.backend.pop3.session import Retrieved
from tuimail.engine.same_letter import head_print
from tuimail.engine.sameness import checked
from tuimail.wire.pop3_commands import Listed

HEADS = {number: f"Subject: {number}\r\n\r\n".encode() for number in range(1, 6)}
PRINTS = {number: head_print(head) for number, head in HEADS.items()}


class Server:
    """Answers TOP with `heads`, and refuses what is not in it."""

    def __init__(self, heads: Mapping[int, bytes]) -> None:
        self._heads = heads
        self.asked: list[list[int]] = []

    async def ask(self, listed: Sequence[Listed]) -> AsyncIterator[Retrieved]:
        self.asked.append([each.number for each in listed])
        for each in listed:
            yield Retrieved(each, self._heads.get(each.number))


def listed(*uidls: str | None) -> list[Listed]:
    return [Listed(number, 10, uidl) for number, uidl in enumerate(uidls, 1)]


async def found(
    server: Server,
    wanted: Sequence[Listed],
    prints: Mapping[int, bytes] = PRINTS,
    doubtful: tuple[int, ...] = (),
) -> tuple[set[int], set[int]]:
    answer = await checked(server.ask, wanted, prints, doubtful)
    others = [each.number for each in answer.others]
    assert len(others) == len(set(others))
    return answer.same, set(others)


async def test_what_has_its_header_is_the_same_and_all_are_asked_in_two_goes() -> None:
    server = Server({**HEADS, 2: b"Subject: another\r\n\r\n", 4: b""})
    wanted = listed("a", "b", "c", "d", "e")
    assert await found(server, wanted) == ({1, 3, 5}, {2, 4})
    assert server.asked == [[1], [2, 3, 4, 5]]


async def test_what_has_no_print_is_another_and_not_asked_for() -> None:
    server = Server(HEADS)
    prints = {**PRINTS, 1: b"", 3: b""}
    del prints[5]
    assert await found(server, listed("a", "b", "c", "d", "e"), prints) == ({2, 4}, {1, 3, 5})
    assert server.asked == [[2], [4]]


@pytest.mark.parametrize(
    ("uidl", "believed"),
    [
        ("whqtswO0", True),
        ("1", False),
        ("9999", False),
        ("12345", True),
        ("0a", True),
        (None, True),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_without_top_a_uidl_is_believed_unless_it_is_a_number(
    uidl: str | None, believed: bool, place: int
) -> None:
    server = Server({})
    uidls: list[str | None] = ["abc"] * 3
    uidls[place] = uidl
    same, others = await found(server, listed(*uidls))
    assert others == (set() if believed else {place + 1})
    assert same | others == {1, 2, 3}
    assert server.asked == [[1]]


async def test_without_top_what_is_doubtful_is_looked_at() -> None:
    assert await found(Server({}), listed("a", "b", "c"), doubtful=(1, 3)) == ({2}, {1, 3})


async def test_one_refusal_among_answers_is_that_messages_alone() -> None:
    heads = {**HEADS, 4: b"Subject: another\r\n\r\n"}
    del heads[2]
    del heads[3]
    server = Server(heads)
    wanted = listed("a", "7", "c", "d", "e")
    assert await found(server, wanted) == ({1, 3, 5}, {2, 4})


async def test_nothing_is_asked_for_nothing() -> None:
    assert await found(Server({}), []) == (set(), set())
