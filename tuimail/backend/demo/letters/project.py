"""Notifications of a code forge about the owner's own small project."""

from dataclasses import replace

from tuimail.backend.demo.letters.letter import Letter, Moment, ago, on, reply
from tuimail.backend.demo.letters.people import ANA, BOT, FORGE, KESTREL, OWNER, PROJECT, Person
from tuimail.model.mail import SEEN, Flag, MailboxName

TRASH = MailboxName("Trash")
UNREAD: frozenset[Flag] = frozenset()
_FOOTER = """
--
Reply to this mail directly or view it on ForgeHub:
https://forgehub.example/mira/tidetable/{path}
You are receiving this because you maintain mira/tidetable.
"""


def _notice(
    sender: Person, at: Moment, subject: str, path: str, text: str, **changes: object
) -> Letter:
    notice = Letter(
        path.replace("/", "-"),
        sender,
        at,
        f"[mira/tidetable] {subject}",
        _with_footer(text, path),
        to=(PROJECT,),
        cc=(OWNER,),
        headers=_headers(path),
        flags=UNREAD,
    )
    return replace(notice, **changes)  # type: ignore[arg-type]  # names checked by replace


def _comment(on_: Letter, sender: Person, at: Moment, path: str, text: str) -> Letter:
    return reply(on_, sender, at, _with_footer(text, path), flags=UNREAD)


def _with_footer(text: str, path: str) -> str:
    lines = [line.removeprefix("    ") for line in text.strip("\n").rstrip().split("\n")]
    return "\n".join(lines) + "\n" + _FOOTER.replace("{path}", path)


def _headers(path: str) -> tuple[tuple[str, str], ...]:
    return (
        ("List-Id", "mira/tidetable <tidetable.mira.forgehub.example>"),
        ("List-Unsubscribe", f"<mailto:unsub+{path.replace('/', '-')}@reply.forgehub.example>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("X-ForgeHub-Reason", "author"),
        ("Precedence", "list"),
    )


_late = _notice(
    KESTREL,
    on(1, "09:05"),
    "Tides are an hour late after the clocks change (Issue #214)",
    "issues/214",
    """
    Steps to reproduce:

    1. Sail to Lisbon.
    2. Wait until the last Sunday in March.
    3. Ask `tidetable next --port lisboa`.
    4. Meet the ground.

    The almanac says low water at 04:12, tidetable says 05:12. I believe the
    almanac, because I was there.

    tidetable 2.3.1, Python 3.13, a boat.
    """,
    flags=frozenset({SEEN}),
)
_naive = _comment(
    _late,
    ANA,
    on(1, "10:44"),
    "issues/214#comment-1",
    """
    Confirmed in `harmonics.py`:

    ```python
    start = datetime.combine(day, time.min)   # naive, so local time
    return start + timedelta(hours=hour)      # and here somebody adds DST again
    ```

    Every port with summer time is wrong twice a year, for one day. I wonder
    how many anchors have been dropped a little early.
    """,
)
_fixing = reply(
    _naive,
    OWNER,
    on(1, "13:00"),
    """
    Thank you both, and sorry about the ground. I will make the whole module
    UTC inside and local only when printing, as it should have been.

    kestrel-dev, is the boat all right?
    """,
    to=(PROJECT,),
)
_keel = _comment(
    _fixing,
    KESTREL,
    on(1, "13:21"),
    "issues/214#comment-3",
    """
    The boat is fine, it is made of oak. My pride is made of something else.

    I would be happy to test a branch. I am in port until {day+2}, for
    reasons of varnish.
    """,
)
_thanks = _comment(
    _keel,
    KESTREL,
    ago(12),
    "issues/214#comment-4",
    """
    Tested #219 against the printed almanac for all of last year: 1,411 low
    waters, largest difference 4 minutes, and that one is a misprint, I rang
    them up.

    You may close this. 🌊
    """,
)
_pull = _notice(
    ANA,
    ago(205),
    "Compute tides in UTC, print them in local time (PR #219)",
    "pull/219",
    """
    Fixes #214.

    * `harmonics.py` knows nothing of time zones any more
    * `report.py` converts at the very end, and says which zone it used
    * a test for every port with summer time, and one for Lord Howe Island,
      whose clocks change by half an hour because of course they do

    You can view, comment on, or merge this pull request online.

    -- Commit Summary --
      * Make the harmonics UTC
      * Convert when printing
      * Test Lord Howe Island, with love

    -- File Changes --
      M tidetable/harmonics.py (41)
      M tidetable/report.py (17)
      A tests/test_summer_time.py (88)
    """,
)
_review = _comment(
    _pull,
    KESTREL,
    ago(170),
    "pull/219#review-1",
    """
    @kestrel-dev approved this pull request.

    > +    assert lord_howe.utcoffset(winter) == timedelta(hours=10, minutes=30)

    This line made my day. Approved from the cockpit.
    """,
)
_red = _notice(
    BOT,
    ago(188),
    "Run failed: tests (ana/utc-inside, 3f9c2e1)",
    "actions/runs/4471",
    """
    tests / Python 3.11    succeeded in 41 seconds
    tests / Python 3.12    succeeded in 38 seconds
    tests / Python 3.13    succeeded in 36 seconds
    tests / Windows        failed in 2 minutes

      FAILED tests/test_ports.py::test_port_names
      'Reykjav?k' != 'Reykjavík'
    """,
)
_green = _notice(
    BOT,
    ago(166),
    "Run succeeded: tests (ana/utc-inside, a07d514)",
    "actions/runs/4472",
    """
    All 4 jobs were successful. The Icelandic harbours are back.
    """,
)
_star = _notice(
    Person("ForgeHub", FORGE, zone=0),
    on(3, "04:00"),
    "Your repository has reached 1,000 stars ⭐",
    "stargazers",
    """
    mira/tidetable has been starred by 1,000 people.

    Among them are, as far as we can tell, four harbour pilots, a museum and
    a ferry.
    """,
    flags=frozenset({SEEN}),
)
_stale = _notice(
    BOT,
    on(11, "03:00"),
    "Run failed: nightly (main, 77ab120)",
    "actions/runs/4390",
    """
    The almanac server did not answer within 30 seconds. It was three in the
    morning there, too.
    """,
    mailbox=TRASH,
    flags=frozenset({SEEN}),
)

LETTERS = (*(_late, _naive, _fixing, _keel, _thanks, _pull, _review, _red, _green, _star, _stale),)
