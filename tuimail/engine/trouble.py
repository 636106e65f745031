"""What put an end to an account's tasks, and the words for it."""

import logging
from collections.abc import Iterator

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.model.mistake import place_of
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.store.store import StoreError

EXPECTED = (StoreError, NotAuthorized, Refused, Unreachable)

log = logging.getLogger(__name__)


def cause_of(trouble: Exception) -> Exception:
    """What explains most, of the exceptions of tasks that ended together.

    What nobody expected is logged.
    """
    causes = list(_leaves(trouble))
    for cause in causes:
        if not isinstance(cause, EXPECTED):
            log.error("a mistake of tuimail: %s", place_of(cause))
    for kind in EXPECTED:
        for cause in causes:
            if isinstance(cause, kind):
                return cause
    return causes[0]


def words_of(trouble: Exception) -> SafeText:
    """A sentence for the user."""
    if isinstance(trouble, EXPECTED):
        return safe_line(str(trouble), 500)
    return SafeText(f"tuimail made a mistake ({type(trouble).__name__}); its log says more.")


def _leaves(trouble: Exception) -> Iterator[Exception]:
    if isinstance(trouble, ExceptionGroup):
        for each in trouble.exceptions:
            yield from _leaves(each)
    else:
        yield trouble
