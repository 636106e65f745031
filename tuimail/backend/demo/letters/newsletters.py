"""Newsletters in HTML, with all that newsletters bring: tables, preheaders, pixels."""

from tuimail.backend.demo.letters.letter import Letter, ago, on
from tuimail.backend.demo.letters.people import Person
from tuimail.model.mail import FLAGGED, SEEN, Flag, MailboxName

ARCHIVE = MailboxName("Archive")
TRASH = MailboxName("Trash")
UNREAD: frozenset[Flag] = frozenset()

_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title}</title>
<style>.pre {{ display: none; max-height: 0; overflow: hidden }} a {{ color: {colour} }}</style>
</head>
<body style="margin:0; background:#f4f1ea">
<div class="pre" style="display:none">{preheader}{padding}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="600" cellpadding="24" cellspacing="0" bgcolor="#ffffff">
<tr><td><img src="https://img.{host}/logo@2x.png" width="120" height="40" alt="{title}"></td></tr>
<tr><td><h1>{heading}</h1>{intro}</td></tr>
{sections}
<tr><td><small>You receive this because you asked for it, which was kind.<br>
<a href="https://{host}/unsubscribe?u=5e1f">Unsubscribe</a> &middot;
<a href="https://{host}/view/88">View in browser</a></small></td></tr>
</table></td></tr></table>
<img src="https://open.{host}/o.gif?u=5e1f&amp;n=88" width="1" height="1" alt="">
</body></html>
"""
_SECTION = """<tr><td><h2>{heading}</h2><p>{text}</p>
<p><a href="https://{host}/read/{slug}">{link}</a></p></td></tr>
"""


def _newsletter(
    host: str,
    title: str,
    preheader: str,
    heading: str,
    intro: str,
    *sections: tuple[str, str, str, str],
    colour: str = "#1f5f7a",
) -> str:
    """Sections are (heading, text, words of the link, its path)."""
    return _PAGE.format(
        host=host,
        title=title,
        preheader=preheader,
        padding="&#847;&zwnj;&nbsp;" * 12,
        heading=heading,
        intro=intro,
        colour=colour,
        sections="".join(
            _SECTION.format(heading=head, text=text, link=link, slug=slug, host=host)
            for head, text, link, slug in sections
        ),
    )


def _unsubscribe(host: str) -> tuple[tuple[str, str], ...]:
    return (
        ("List-Id", f"<news.{host}>"),
        ("List-Unsubscribe", f"<https://{host}/unsubscribe?u=5e1f>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


_slow = Letter(
    "slow-web-88",
    Person("The Slow Web", "letters@slowweb.example", zone=1),
    ago(78),
    "№ 88: A page that loads before you change your mind",
    flags=UNREAD,
    headers=_unsubscribe("slowweb.example"),
    html=_newsletter(
        "slowweb.example",
        "The Slow Web",
        "A library in Ljubljana, a font for lighthouses, and the smallest shop on the internet.",
        "A page that loads before you change your mind",
        "<p>Good morning. The kettle is on, the router is off, and there are <b>three things"
        "</b> worth your time this week.</p>",
        (
            "The library that fits on a floppy disk",
            "In Ljubljana, Petra Kos runs the catalogue of a village library from a page of "
            "eleven kilobytes. It has no images and never needed any: <i>&ldquo;People come for "
            "the books.&rdquo;</i>",
            "Visit the library",
            "floppy-library",
        ),
        (
            "A font for people who read from far away",
            "The harbour signs of the Faroes have their own letters: open, a little wide, with "
            "a lower-case g that can be told from a q in a storm.",
            "See the letters",
            "storm-g",
        ),
        (
            "The smallest shop on the internet",
            "It sells one thing, a wooden spoon, and there is one of it. When it is sold, the "
            "page says &ldquo;sold&rdquo; until there is another tree.",
            "Look at the spoon",
            "spoon",
        ),
    ),
)
_birds = Letter(
    "fieldnotes-12",
    Person("Fieldnotes", "post@fieldnotes.example"),
    on(1, "06:30"),
    "The swifts are back over the harbour",
    """
    FIELDNOTES, the letter of the bird observatory

    The first swifts came in on the south wind. We counted 214 in
    the evening, and 213 in the morning, which is how we know that somebody
    stayed up late.

    This week
      * Ringing: 31 chiffchaffs, 4 bluethroats, 1 thumb
      * The sea eagle on Gullholm has two young. Please keep your distance;
        she does not keep hers.
      * Walk with us on {day+4}, at five. Yes, in the morning.

    Map and meeting point: https://fieldnotes.example/walks
    """,
    flags=UNREAD,
    headers=_unsubscribe("fieldnotes.example"),
    html=_newsletter(
        "fieldnotes.example",
        "Fieldnotes",
        "214 in the evening, 213 in the morning.",
        "The swifts are back over the harbour",
        "<p>The first swifts came in on the south wind. We counted <b>214</b> in the evening, "
        "and <b>213</b> in the morning, which is how we know that somebody stayed up late.</p>"
        "<table border='1' cellpadding='4'><tr><th>Ringed this week</th><th>Number</th></tr>"
        "<tr><td>Chiffchaff</td><td>31</td></tr><tr><td>Bluethroat</td><td>4</td></tr>"
        "<tr><td>Thumb</td><td>1</td></tr></table>",
        (
            "The eagle on Gullholm",
            "She has two young. Please keep your distance; she does not keep hers.",
            "Watch from the camera",
            "eagle",
        ),
        (
            "Walk with us on {{day+4}}".replace("{{", "{").replace("}}", "}"),
            "At five. Yes, in the morning. There will be soup.",
            "Map and meeting point",
            "walks",
        ),
        colour="#3d6b35",
    ),
)
_bakery = Letter(
    "crumb-7",
    Person("Kernel & Crumb", "hello@kernelandcrumb.example"),
    on(2, "05:45"),
    "🥐 Saturday's list, and an apology to the rye",
    flags=frozenset({SEEN}),
    headers=_unsubscribe("kernelandcrumb.example"),
    html=_newsletter(
        "kernelandcrumb.example",
        "Kernel &amp; Crumb",
        "We said that spelt was better. We have had a word with the rye.",
        "What comes out of the oven",
        "<ul><li>Rye, 72 hours old and proud of it</li><li>Cardamom knots (until ten, then "
        "there are none)</li><li>A loaf with cloudberries that we are not sure about</li></ul>",
        (
            "An apology",
            "Last week we wrote that spelt was better. The rye has not risen since. We take "
            "it back.",
            "Reserve a loaf",
            "reserve",
        ),
        colour="#8a4b12",
    ),
)
_books = Letter(
    "saltwater-31",
    Person("Saltwater Press", "catalogue@saltwaterpress.example", zone=1),
    on(5, "08:00"),
    "New in June: Letters to a Keeper",
    flags=frozenset({SEEN, FLAGGED}),
    headers=_unsubscribe("saltwaterpress.example"),
    html=_newsletter(
        "saltwaterpress.example",
        "Saltwater Press",
        "Forty years of post to a lighthouse where nobody lived any more.",
        "Letters to a Keeper",
        "<p>Between 1961 and 2001, people went on writing to the keeper of Stora Skär, who had "
        "left. The ferryman kept every letter. <b>We have made a book of them.</b></p>"
        "<blockquote>&ldquo;Dear Keeper, I do not know if you are there, but your light was, "
        "and that was enough to go on with.&rdquo;</blockquote>",
        (
            "Read the first chapter",
            "It is about a cheese that went to sea.",
            "Chapter one, no e-mail address needed",
            "keeper-1",
        ),
        colour="#20466b",
    ),
)
_sale = Letter(
    "sale-summer",
    Person("Trailhead Outfitters", "offers@trailhead.example", zone=-5),
    on(6, "14:00"),
    "LAST HOURS ⏰ (again) – everything must go, gently",
    mailbox=TRASH,
    flags=UNREAD,
    headers=_unsubscribe("trailhead.example"),
    html=_newsletter(
        "trailhead.example",
        "Trailhead Outfitters",
        "The last last hours. We mean it. Probably.",
        "40 % off what we have too much of",
        "<p>We ordered nine hundred orange hats. Please help.</p>",
        ("The hat", "It is very orange. Moose will respect you.", "Take a hat", "hat"),
        colour="#c94f00",
    ),
)
_museum = Letter(
    "museum-4",
    Person("Museum of Navigation", "news@navmuseum.example"),
    on(20, "09:00"),
    "The clock that was wrong on purpose",
    mailbox=ARCHIVE,
    headers=_unsubscribe("navmuseum.example"),
    html=_newsletter(
        "navmuseum.example",
        "Museum of Navigation",
        "Our new exhibition opens with a clock that loses two seconds a day.",
        "The clock that was wrong on purpose",
        "<p>A chronometer need not be right. It must be wrong by the same amount every day, "
        "and somebody must have written down by how much.</p>",
        ("Opening night", "With the watchmaker's great-granddaughter.", "Tickets", "opening"),
    ),
)

LETTERS = (_slow, _birds, _bakery, _books, _sale, _museum)
