"""Longer plain text: an essay, a recipe, a paper's review and a last reply chain."""

from tuimail.backend.demo.letters.letter import Letter, ago, on, reply
from tuimail.backend.demo.letters.people import NOOR, OWNER, Person
from tuimail.model.mail import ANSWERED, FLAGGED, SEEN, Flag, MailboxName

ARCHIVE = MailboxName("Archive")
UNREAD: frozenset[Flag] = frozenset()

_essay = Letter(
    "keeping-a-light",
    Person("Arvid Stenmark", "arvid@stenmark.example"),
    on(2, "14:55"),
    "Keeping a light: the chapter you asked for",
    """
    Dear Mira,

    here is the chapter. You said that plain text was fine, so it comes as
    it left the typewriter, with the letter e repaired by hand.


    VII. WHAT A KEEPER DOES ALL DAY

    People imagine that a keeper looks at the sea. He looks at brass. There
    are four hundred and eleven pieces of brass in a second-order light, and
    the salt finds each of them every night. You begin at the lantern, when
    the lamp is out and the glass still warm, and work your way down, and
    when you reach the door it is time for supper and the brass at the top
    is green again.

    My father kept Stora Skär for thirty-one years and could tell the hour
    by the colour of the hinges.


    The second thing a keeper does is write. Everything goes into the log:
    wind, glass, ships, visitors, paraffin. My father's logs have no
    adjectives. On the night the "Fortuna" struck, there are nine lines, the
    longest of which reads "Put kettle on, 14 persons." I was one of those
    who carried cups. I remember it as the greatest adventure of my life; he
    remembered it as fourteen cups.

    I have come to believe that he was right to leave the adjectives out. A
    light is the same sentence, said again every fifteen seconds, to people
    you will never meet. If you began to decorate it, they would no longer
    know where they were.


    The third thing is to stay. That sounds like nothing. But there were
    evenings in November when the boat had not come for three weeks, and the
    coffee was chicory and the chicory was mostly hope, and the whole art of
    the profession lay in walking up ninety-one steps once more, because at
    that very moment somebody was coming round the point and counting.

    They automated Stora Skär in 1961. A man came with a grey box. He was
    friendly and had brought a cake. He put the box where my father's chair
    had been, and it clicked, and the light went round.

    "Does it write?" my father asked.

    "Write what?" said the man.


    That is the end of the chapter. I am not sure about the cake: there was
    one, but I cannot remember whether we ate it, and it seems wrong to say.

    Yours
    Arvid Stenmark
    """,
    flags=frozenset({SEEN, FLAGGED, ANSWERED}),
)
_cake = reply(
    _essay,
    OWNER,
    on(1, "11:20"),
    """
    Dear Arvid,

    leave the cake uneaten. It is the best sentence.

    My controllers do write, by the way. Every lamp I build keeps a log, and
    there are no adjectives in it. I would like to call the file FORTUNA, if
    you do not mind.

    Mira
    """,
)
_fortuna = reply(
    _cake,
    Person("Arvid Stenmark", "arvid@stenmark.example"),
    ago(350),
    """
    Call it that. Nine lines will do for most nights.

    Arvid
    """,
    quotes=True,
    flags=UNREAD,
)
_flowed = Letter(
    "bread",
    NOOR,
    on(4, "10:20"),
    "The bread you liked (and the reason it is flat)",
    "\n".join(
        [
            "Mira,",
            "",
            "you asked for the recipe and I have been avoiding you, because there is none. There "
            "is only my grandmother's bowl, which holds the right amount of everything, and a "
            "song that is as long as the kneading. I have now measured both.",
            "",
            "The bowl: 500 g of flour, a third of it whole. 350 g of water that feels like "
            "nothing when you put a finger in. 10 g of salt. Yeast the size of a hazelnut if you "
            "have all night, of a walnut if you do not.",
            "",
            "The song: eleven minutes. Any song of eleven minutes will do, but it should be one "
            "that you know by heart, because you cannot turn pages.",
            "",
            "Roll it as thin as your patience, bake it on a stone as hot as the oven dares, two "
            "minutes, and listen: when it stops whispering, it is done. It is flat because we "
            "had to leave in a hurry, four generations ago, and have never seen a reason to go "
            "back to waiting.",
            "",
            "Noor",
        ]
    ),
    flowed=True,
    flags=frozenset({SEEN, FLAGGED}),
)
_referee = Letter(
    "referee",
    Person("Journal of Coastal Optics", "editors@coastaloptics.example", zone=0),
    on(16, "09:45"),
    "Decision on manuscript 23-118: minor revision",
    """
    Dear Ms Lindqvist,

    the referees have returned. Both recommend publication after minor
    changes. Their remarks in full:

    Referee 1. "A clear and modest paper. Figure 3 is upside down."

    Referee 2. "I disagree with every assumption in section 2 and have been
    unable to find a mistake in what follows. I have built the circuit. It
    works. Please ask the author to be less surprised about it."

    We look forward to the revised version.
    """,
    mailbox=ARCHIVE,
)

LETTERS = (_essay, _cake, _fortuna, _flowed, _referee)
