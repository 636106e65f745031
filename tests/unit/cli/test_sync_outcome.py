"""One exit code for several accounts."""

import pytest

from tuimail.cli.failure import Exit
from tuimail.cli.sync import outcome
from tuimail.engine.events import SyncFinished
from tuimail.model.mail import AccountName


@pytest.mark.parametrize(
    ("exits", "status"),
    [
        ([0], Exit.DONE),
        ([0, 0], Exit.DONE),
        ([1], Exit.FAILED),
        ([75], Exit.LATER),
        ([75, 75], Exit.LATER),
        ([1, 75], Exit.FAILED),
        ([0, 75], Exit.PARTLY),
        ([0, 1], Exit.PARTLY),
        ([3], Exit.PARTLY),
        ([3, 75], Exit.PARTLY),
    ],
)
def test_the_exit_code_tells_all_some_or_none(exits: list[int], status: Exit) -> None:
    assert outcome([SyncFinished(AccountName("a"), code) for code in exits]) == status
