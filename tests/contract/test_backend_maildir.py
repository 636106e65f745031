"""The backend's contract, kept by a Maildir on disk."""

import asyncio
from pathlib import Path

import pytest

from tests.contract.checking import Check
from tests.contract.maildir_world import MaildirWorld
from tests.contract.suite import CHECKS

PATIENCE = 30.0
NEVER_RENUMBERED = "a Maildir's messages have names for ever"
NO_PASSWORD = "a folder asks for no password"
NO_LINE = "there is no line to break"
SURE_NAMES = "what an operation makes has a sure name: no checkpoint is needed"
NOT_APPLICABLE = {
    "another_uidvalidity_is_a_reset": NEVER_RENUMBERED,
    "a_mailbox_made_anew_is_a_reset": NEVER_RENUMBERED,
    "another_uidvalidity_is_refused": NEVER_RENUMBERED,
    "ids_of_another_uidvalidity_touch_nothing": NEVER_RENUMBERED,
    "nothing_is_repeated_into_a_target_that_was_numbered_anew": NEVER_RENUMBERED,
    "an_append_is_found_in_a_target_that_was_numbered_anew": NEVER_RENUMBERED,
    "a_wrong_password_needs_the_user": NO_PASSWORD,
    "whatever_the_moment_the_line_breaks_it_is_as_if_it_ran_once": NO_LINE,
    "an_outage_is_unreachable_and_connecting_ends_it": NO_LINE,
    "an_outage_in_the_middle_of_everything_is_survived": NO_LINE,
    "the_checkpoint_is_the_uidnext_of_the_target": SURE_NAMES,
}


def test_what_is_left_out_exists() -> None:
    assert NOT_APPLICABLE.keys() <= {check.name for check in CHECKS}


@pytest.mark.parametrize(
    "check",
    [
        each
        for each in CHECKS
        if each.fits(MaildirWorld.features) and each.name not in NOT_APPLICABLE
    ],
    ids=lambda check: check.name,
)
async def test_a_maildir_keeps_the_contract(check: Check, tmp_path: Path) -> None:
    world = await MaildirWorld.open(tmp_path / "mail")
    async with asyncio.timeout(PATIENCE):
        await check.run(world)
    await world.close()
