"""All checks of the backend's contract, in one list."""

from tests.contract import (
    check_changes,
    check_connection,
    check_fetch,
    check_mailboxes,
    check_operations,
    check_replay,
)
from tests.contract.checking import CHECKS

MODULES = (
    check_mailboxes,
    check_changes,
    check_fetch,
    check_operations,
    check_replay,
    check_connection,
)

__all__ = ["CHECKS", "MODULES"]
