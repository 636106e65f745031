"""The choir: a small mailing list that lands in the inbox."""

from tuimail.backend.demo.letters.letter import Letter, ago, on, reply
from tuimail.backend.demo.letters.people import CHOIR, GRACE, LUISA, OWNER, PIETER
from tuimail.model.mail import ANSWERED, SEEN, Flag

UNREAD: frozenset[Flag] = frozenset()
_LIST = (
    ("List-Id", "Harbour Choir <singers.harbourchoir.example>"),
    ("List-Post", "<mailto:singers@harbourchoir.example>"),
    ("List-Unsubscribe", "<https://harbourchoir.example/leave>"),
)

_carol = Letter(
    "opening-carol",
    LUISA,
    on(4, "21:30"),
    "Which carol opens the concert? 🎄",
    """
    Cari amici,

    it is never too early to argue about Christmas. I propose that we come
    in from the back of the church, in the dark, singing "Gaudete", with the
    tambourine. Objections are welcome until the next rehearsal and are
    ignored afterwards.

    Luisa
    """,
    to=(CHOIR,),
    headers=_LIST,
    flags=frozenset({SEEN, ANSWERED}),
)
_dark = reply(
    _carol,
    PIETER,
    on(4, "22:04"),
    """
    {wrote}
    > in from the back of the church, in the dark

    The basses would like to point out the step behind the font. Two of us
    found it last year, one after the other, in tempo.

    Pieter
    """,
)
_candles = reply(
    _dark,
    GRACE,
    on(3, "08:15"),
    """
    Candles! Small ones, in glasses. My sister's restaurant has sixty and
    nobody eats by candlelight in August.

    Grace
    """,
)
_hair = reply(
    _candles,
    OWNER,
    on(3, "12:20"),
    """
    I can build sixty candles that flicker and do not set fire to an alto.
    LED, 3 volts, a bit of randomness. Lighthouses are my day job; this is
    the same, but smaller and with less fog.

    Mira
    """,
)
_fog = reply(
    _hair,
    LUISA,
    on(2, "13:48"),
    """
    {wrote}
    > with less fog

    Do not say fog to me, I now want fog.

    Electric candles: yes, brava. Pieter, the step will be painted white.
    Sopranos, please look up "tambourine, restraint".

    Luisa
    """,
    flags=frozenset({SEEN}),
)
_white = reply(
    _fog,
    PIETER,
    ago(43),
    """
    I have painted the step. The sexton asked why it says BASS.

    Pieter
    """,
    flags=UNREAD,
)
_parts = Letter(
    "rehearsal-plan",
    LUISA,
    on(6, "10:00"),
    "Rehearsals until the summer",
    """
    Every Wednesday at 19:00 in the net loft, bring a chair cushion.

      {day+1}   Palestrina, bars 1 to 48. Slowly. Slower.
      {day+8}   Palestrina, the rest
      {day+15}  no rehearsal, the herring festival has the loft
      {day+22}  everything, with shoes

    Luisa
    """,
    to=(CHOIR,),
    headers=_LIST,
)

LETTERS = (_carol, _dark, _candles, _hair, _fog, _white, _parts)
