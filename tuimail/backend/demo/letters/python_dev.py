"""A mailing list with a mailbox of its own: one long thread, a short one and a digest."""

from dataclasses import replace

from tuimail.backend.demo.letters.letter import Letter, Moment, ago, on, reply
from tuimail.backend.demo.letters.people import (
    CALEB,
    HENRIK,
    MARGUERITE,
    OWNER,
    PRIYA,
    PYTHON_DEV,
    YUSUF,
    Person,
)
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MailboxName

PYTHON_DEV_MAILBOX = MailboxName("Lists/python-dev")
UNREAD: frozenset[Flag] = frozenset()
_LIST = (
    ("List-Id", "Talk about a language <python-dev.lists.example.org>"),
    ("List-Post", "<mailto:python-dev@lists.example.org>"),
    ("List-Archive", "<https://lists.example.org/archives/python-dev>"),
    ("List-Unsubscribe", "<https://lists.example.org/python-dev/leave>"),
    ("Precedence", "list"),
)


def _post(id: str, sender: Person, at: Moment, subject: str, text: str) -> Letter:
    return Letter(
        id,
        sender,
        at,
        f"[python-dev] {subject}",
        text,
        to=(PYTHON_DEV,),
        mailbox=PYTHON_DEV_MAILBOX,
        headers=_LIST,
    )


def _answer(to: Letter, sender: Person, at: Moment, text: str, *, unread: bool = False) -> Letter:
    flags = UNREAD if unread else frozenset({SEEN})
    return reply(to, sender, at, text, to=(PYTHON_DEV,), mailbox=PYTHON_DEV_MAILBOX, flags=flags)


_comma = _post(
    "missing-comma",
    HENRIK,
    on(6, "09:14"),
    "A warning for the missing comma?",
    """
    Hello,

    a customer of ours lost a weekend to this:

        ports = [
            "Bergen",
            "Haugesund"
            "Stavanger",
        ]

    which is a list of two ports, one of them called HaugesundStavanger. The
    ferry did not find it.

    I know that implicit concatenation is as old as the hills and that long
    strings need it. But inside a list display, on two lines, without
    parentheses: could the compiler say something? I have a patch of forty
    lines and a ferry timetable.

    Henrik
    """,
)
_linter = _answer(
    _comma,
    CALEB,
    on(6, "15:31"),
    """
    {wrote}
    > could the compiler say something?

    This is what linters are for; every one of them has had the rule for
    years. I would rather keep warnings for things that are wrong in every
    program, not merely in most.

    Caleb
    """,
)
_beginners = _answer(
    _linter,
    MARGUERITE,
    on(6, "17:02"),
    """
    {wrote}
    > This is what linters are for

    I teach evening classes. The people who need this warning have not yet
    heard the word "linter"; they have, however, all made this mistake, and
    they all believe that the computer made it.

    Marguerite
    """,
)
_numbers = _answer(
    _comma,
    PRIYA,
    on(5, "06:20"),
    """
    Some figures, since we like them. I ran Henrik's patch over the 8,000
    packages I have on disk.

        lists, sets and tuples with string items     1,204,551
        implicit concatenation across lines              9,872
          of these, the item is in parentheses           6,140
          of these, it is a bug (I looked at 300)           41 %

    Forty-one per cent! I found one in my own tests. It has been passing
    since 2019 because nobody ever asked for the second element.

    Priya
    """,
)
_fortyone = _answer(
    _numbers,
    CALEB,
    on(5, "14:48"),
    """
    {wrote}
    >     of these, it is a bug (I looked at 300)           41 %

    I came to disagree and have stayed to eat my hat. With that figure I am
    +0.5. The other half I keep for the people who generate code.

    Caleb
    """,
)
_generated = _answer(
    _fortyone,
    YUSUF,
    on(5, "19:55"),
    """
    {wrote}
    > The other half I keep for the people who generate code.

    That is me, good evening. We emit about a million lines a night. Our
    generator puts parentheses around everything since the great semicolon
    incident, so we would not notice.

    Could it be a SyntaxWarning in the tokenizer's own category, so that it
    can be switched off with one line?

    Yusuf
    """,
)
_category = _answer(
    _generated,
    HENRIK,
    on(4, "08:37"),
    """
    {wrote}
    > Could it be a SyntaxWarning in the tokenizer's own category

    Done, second version of the patch. It now also prints where the comma
    would have gone:

        ports.py:3: SyntaxWarning: two strings in a row; is a comma missing?
            "Haugesund"
                       ^

    The caret alone took me an evening.

    Henrik
    """,
)
_caret = _answer(
    _category,
    MARGUERITE,
    on(4, "12:10"),
    """
    I showed the caret to my Tuesday class without saying anything. Eleven
    of twelve found the bug in under ten seconds. The twelfth wanted to know
    what a Haugesund is.

    Marguerite
    """,
)
_sets = _answer(
    _category,
    PRIYA,
    on(3, "07:05"),
    """
    {wrote}
    > is a comma missing?

    What about function calls? `open("a" "b")` is almost never on two lines,
    but `subprocess.run(["tar", "-x" "-f"])` I have seen twice this week,
    and I have only been awake for one of them.

    Priya
    """,
)
_narrow = _answer(
    _sets,
    HENRIK,
    on(2, "09:00"),
    """
    {wrote}
    > What about function calls?

    I would begin with displays over more than one line. A small warning
    that is always right makes friends; we can widen it in a release or two,
    when nobody is angry.

    Henrik
    """,
)
_proposal = _answer(
    _narrow,
    YUSUF,
    ago(420),
    """
    +1 for small. I volunteer to write the PEP if somebody else will argue
    about its title.

    Yusuf
    """,
    unread=True,
)
_title = _answer(
    _proposal,
    CALEB,
    ago(51),
    """
    {wrote}
    > argue about its title

    "Mind the Gap".

    You have the other half of my +1.

    Caleb
    """,
    unread=True,
)

_release = replace(
    _post(
        "release-notes",
        MARGUERITE,
        on(1, "11:15"),
        "Who reads the release notes? A small study",
        """
        I asked forty people who use Python at work how they learn what is
        new. In order:

          17  somebody in the office says "oh, you can do that now"
           9  the release notes
           8  an error message
           4  a conference, in the corridor
           2  their children

        I would like to make the second line longer and the third one nicer.
        If you know a release note that made you happy, send it to me.

        Marguerite
        """,
    ),
    flags=frozenset({FLAGGED}),
)
_happy = _answer(
    _release,
    HENRIK,
    ago(330),
    """
    "The interpreter now suggests what you may have meant." I read it, tried
    it with my own name, and it suggested Henrika. My grandmother's name.

    Henrik
    """,
    unread=True,
)

_DIGEST = Person("Terminal Lovers", "terminal-lovers@lists.example.org", zone=0)
_digest = Letter(
    "digest-88",
    Person("terminal-lovers-request", "terminal-lovers-request@lists.example.org", zone=0),
    on(1, "05:00"),
    "Terminal-lovers digest, Vol 12, Issue 88",
    """
    Today's topics:

      1. What is your window's width? (Odile Bernard)
      2. Re: What is your window's width? (Kwame Boateng)
      3. A clock for tmux that knows the tide (Rasmus Holm)
    """,
    to=(_DIGEST,),
    mailbox=INBOX,
    flags=UNREAD,
    headers=(("List-Id", "<terminal-lovers.lists.example.org>"), ("Precedence", "list")),
    digest=(
        Letter(
            "width-1",
            Person("Odile Bernard", "odile@example.net"),
            on(2, "08:00"),
            "What is your window's width?",
            """
            Mine is 80. I have a screen as wide as a barn door and I use the
            left third. Am I alone?

            Odile
            """,
            to=(_DIGEST,),
        ),
        Letter(
            "width-2",
            Person("Kwame Boateng", "kwame@example.org", zone=0),
            on(2, "09:12"),
            "Re: What is your window's width?",
            """
            88, since a formatter told me so. The other 72 columns are for the
            cat.

            Kwame
            """,
            to=(_DIGEST,),
        ),
        Letter(
            "tide-clock",
            Person("Rasmus Holm", "rasmus@holm.example"),
            on(2, "21:40"),
            "A clock for tmux that knows the tide",
            """
            One line of shell around `tidetable`:

                set -g status-right '#(tidetable now --port esbjerg --short)'

            It says "rising, 1.2 m" all day long and I have never been calmer.

            Rasmus
            """,
            to=(_DIGEST,),
        ),
    ),
)
_welcome = Letter(
    "list-welcome",
    Person("python-dev-request", "python-dev-request@lists.example.org", zone=0),
    on(40, "10:00"),
    "Welcome to the python-dev mailing list",
    """
    Welcome!

    You are subscribed as mira@lindqvist.example. To leave, send an empty
    mail to python-dev-leave@lists.example.org; we will pretend not to mind.

    Before your first post, please read the last fifty. Before your second,
    sleep on it.
    """,
    mailbox=MailboxName("Archive"),
)
_mine = reply(
    _release,
    OWNER,
    ago(300),
    """
    "dict keeps its order." I had a comment in my code that apologised for
    sorting; I deleted it the same day and went for a walk.

    Mira
    """,
    to=(PYTHON_DEV,),
)

LETTERS = (
    *(_comma, _linter, _beginners, _numbers, _fortyone, _generated, _category, _caret),
    *(_sets, _narrow, _proposal, _title, _release, _happy, _digest, _welcome, _mine),
)
