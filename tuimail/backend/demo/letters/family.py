"""Letters from family and friends."""

from tuimail.backend.demo.letters.files import png
from tuimail.backend.demo.letters.letter import File, Letter, ago, on, reply
from tuimail.backend.demo.letters.people import BIRGITTA, EBBA, JONAS, NOOR, OWNER, SAM, THEO
from tuimail.model.mail import ANSWERED, DRAFT, FLAGGED, SEEN, Flag, MailboxName

ARCHIVE = MailboxName("Archive")
DRAFTS = MailboxName("Drafts")
UNREAD: frozenset[Flag] = frozenset()

_roof = Letter(
    "boathouse-roof",
    JONAS,
    on(2, "19:20"),
    "Roof of the boathouse",
    """
    Hej both,

    I climbed up. The good news: the beams are fine, Grandfather built them
    for a cathedral. The bad news: I could climb up through the roof.

    Turf or tin? Turf is prettier, tin is done in a day.

    Jonas
    """,
    to=(OWNER, BIRGITTA),
    flags=frozenset({SEEN, ANSWERED}),
)
_turf = reply(
    _roof,
    BIRGITTA,
    on(2, "20:02"),
    """
    Turf. It was always turf. When you were four you tried to mow it with
    the bread knife.

    Mamma
    """,
)
_tin = reply(
    _turf,
    OWNER,
    on(1, "07:45"),
    """
    Turf, if somebody else carries it. I can come from {day+11} for a long
    weekend and bring Sam, who is strong and does not know yet.

    Mira
    """,
    quotes=True,
)
_sam = reply(
    _tin,
    SAM,
    on(1, "08:01"),
    """
    Sam reads mail, too.

    How much does turf weigh?

    S.
    """,
    to=(OWNER, JONAS, BIRGITTA),
    quotes=True,
)
_weight = reply(
    _sam,
    JONAS,
    ago(6),
    """
    Dry, 130 kilos a square metre. Wet, you will find out. The roof has 38
    square metres. Bring gloves, and that fiddle-playing neighbour of yours
    if she still wants to see the north.

    Birch bark comes {day+9}, I borrowed the neighbour's trailer. 🌱

    Jonas
    """,
    quotes=True,
    flags=UNREAD,
)

_jam = Letter(
    "cloudberries",
    EBBA,
    on(5, "06:50"),
    "Cloudberries",
    """
    Dearest Mira,

    the bog is golden this year. I have picked eleven litres and my back has
    handed in its notice. Four jars have your name on them. I will not post
    them, the last parcel arrived as soup; you will have to come.

    The elk with the crooked antler stood in the orchard again and looked at
    me as if I were the one trespassing.

    Your aunt
    Ebba

    PS. How do I make the letters on this screen bigger? They shrank when I
    dusted it.
    """,
    flags=frozenset({SEEN, FLAGGED}),
    flowed=True,
)
_bigger = reply(
    _jam,
    OWNER,
    on(5, "21:14"),
    """
    Hold down the key "Ctrl" at the bottom left and press "+" until you like
    what you see. If you see only one letter, press "-".

    I will come for the jam. Leave the elk an apple from me.

    Mira
    """,
)
_apple = reply(
    _bigger,
    EBBA,
    on(4, "06:12"),
    """
    It worked. I can read you from the kitchen now.

    He took the apple.

    E.
    """,
)

_lunch = Letter(
    "sunday-lunch",
    BIRGITTA,
    on(1, "12:30"),
    "Sunday lunch, and the matter of the chairs",
    """
    Mira dear,

    there will be nine of us on Sunday and I have seven chairs, of which one
    is decorative. Could you bring the two folding ones? Also dill. Not the
    bunch from the supermarket that tastes of fridge, the other kind.

    Your brother says he is bringing somebody. He said it the way he used to
    say he had not eaten the biscuits.

    Kram
    Mamma
    """,
    flags=UNREAD,
)
_northern = Letter(
    "northern-lights",
    JONAS,
    on(8, "23:41"),
    "Look up!! 🌌",
    """
    Right now, over the lake. The camera does not do it justice, it was
    green down to the jetty and the dog barked at it.
    """,
    files=(
        File("lake.png", "image/png", png(800, 500, (20, 90, 70), (8, 10, 30))),
        File("lake (2).png", "image/png", png(800, 500, (60, 160, 100), (8, 10, 30))),
        File("dog.png", "image/png", png(320, 320, (90, 70, 50), (20, 16, 12))),
    ),
    mailbox=ARCHIVE,
    flags=frozenset({SEEN, FLAGGED}),
)
_keys = Letter(
    "bike-keys",
    SAM,
    ago(31),
    "Have you seen the key of the bicycle?",
    """
    The small one. It was in the blue bowl, then it was in my jacket, then
    there was a wash.

    (I have looked in the machine. I found two crowns and a snail.)

    S.
    """,
    flags=UNREAD,
)
_book = Letter(
    "book-club",
    NOOR,
    on(2, "22:10"),
    "Book club: the one with the map, or the one with the whale?",
    """
    Friends,

    votes so far: whale 3, map 3. Mira has not voted, which means that Mira
    decides and we may all blame her.

    Whoever picks the whale also reads the chapter on ropes aloud.

    Noor

    --
    Paper Crane Books · mended, sold and argued about since 1998
    """,
    to=(OWNER, SAM, THEO),
    flags=frozenset({SEEN}),
)
_whale = reply(
    _book,
    THEO,
    on(1, "03:32"),
    """
    I am for the whale, from six time zones away, and I will read the ropes
    with a sailor's voice. I have been practising. The neighbours have asked
    me to stop.

    Theo
    """,
)
_visit = Letter(
    "theo-visit",
    THEO,
    on(7, "16:25"),
    "I found a flight",
    """
    Mira,

    it lands at 6:40 in the morning and I will be of no use to anybody until
    noon, but then I am yours for nine days. I would like to see: one fjord,
    one moose, the famous boathouse, and you.

    I have learned to say "thank you for the herring" and nothing else.

    Theo
    """,
    mailbox=ARCHIVE,
    flags=frozenset({SEEN, ANSWERED}),
)
_fjord = reply(
    _visit,
    OWNER,
    on(7, "21:02"),
    """
    "Tack för sillen" will carry you through most of the country.

    I will be at the airport with coffee. The moose is arranged; he has been
    given an apple.

    Mira
    """,
    quotes=True,
)
_speech = Letter(
    "speech",
    OWNER,
    on(2, "23:05"),
    "Mamma's seventieth: what I would like to say",
    """
    Dear Mamma, dear everybody,

    when I was six, the power failed for three days, and Mamma told us that
    the house was now a ship. We slept in the galley and kept watches. On
    the third night the light came back and we were disappointed.

    [the story with the bread knife? ask Jonas]

    What I learned on that ship is
    """,
    to=(JONAS,),
    mailbox=DRAFTS,
    flags=frozenset({SEEN, DRAFT}),
)
_landlord = Letter(
    "landlord",
    OWNER,
    on(3, "20:40"),
    "The window in the stairwell",
    """
    Dear Mr Bergström,

    the window on the second floor has now been open since March. The
    pigeons have drawn up a rota.
    """,
    to=(),
    mailbox=DRAFTS,
    flags=frozenset({SEEN, DRAFT}),
)

LETTERS = (
    *(_roof, _turf, _tin, _sam, _weight, _jam, _bigger, _apple, _lunch, _northern, _keys),
    *(_book, _whale, _visit, _fjord, _speech, _landlord),
)
