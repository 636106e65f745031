"""Letters from Nordlys Marine, which keeps lighthouses and buoys lit."""

from tuimail.backend.demo.letters.files import pdf, png, zip_of
from tuimail.backend.demo.letters.letter import File, Letter, ago, on, reply
from tuimail.backend.demo.letters.people import AIKO, DELE, HANNE, INGRID, OWNER, TOMASZ
from tuimail.model.mail import ANSWERED, FLAGGED, FORWARDED, SEEN, Flag, MailboxName

ARCHIVE = MailboxName("Archive")
SENT = MailboxName("Sent")
UNREAD: frozenset[Flag] = frozenset()
ALL_OF_US = (OWNER, TOMASZ, DELE)

_open_day = Letter(
    "open-day",
    HANNE,
    on(3, "09:12"),
    "Open day at Skerry Light",
    """
    Good morning all,

    the Coastal Administration would like us to open Skerry Light to visitors
    on {day+20}. They expect two hundred people and one boat.

    I need three things from you by the end of the week:

      1. Tomasz: is the gallery rail safe for children?
      2. Mira: can the lamp be shown working in daylight?
      3. Dele: how many people may stand in the lamp room at once?

    There will be cake. I have been promised cake.

    Hanne
    """,
    to=ALL_OF_US,
    flags=frozenset({SEEN, ANSWERED}),
)
_rail = reply(
    _open_day,
    TOMASZ,
    on(3, "09:40"),
    """
    The rail is 1.10 m and was tested in spring. I would still put a net on
    the seaward side; somebody always holds up a toddler to see better.

    Tomasz
    """,
)
_lamp = reply(
    _open_day,
    OWNER,
    on(3, "10:05"),
    """
    The lamp can be shown at any hour: the controller has a test mode that
    runs it at four per cent, which nobody can see from a ship and everybody
    can look into safely. I will write a small page with a button, so that
    the children can send their initials in Morse.

    Mira
    """,
    quotes=True,
)
_room = reply(
    _lamp,
    DELE,
    on(3, "11:31"),
    """
    {wrote}
    > so that the children can send their initials in Morse

    I am forty-one and I want to send my initials in Morse.

    Lamp room: six people, one of them me, because somebody has to stop them
    from touching the lens. It took nine weeks to polish.

    Dele
    """,
)
_boat = reply(
    _room,
    HANNE,
    on(2, "08:20"),
    """
    Six it is. The boat takes twenty-four, so four groups of six, twenty
    minutes each, and the next boat brings the next four groups. Ingrid from
    the Administration is in copy and will bring the life jackets.

    > I am forty-one and I want to send my initials in Morse.

    Noted. You are in group one.

    Hanne
    """,
    cc=(INGRID,),
)
_jackets = reply(
    _boat,
    INGRID,
    on(1, "15:47"),
    """
    Thank you for having me in the thread.

    Life jackets: 30 adult, 15 child, 4 for dogs. Yes, for dogs. Last year
    there was an incident with a very brave dachshund.

    Could someone send me a picture of the landing stage at low water? The
    skipper is new and would like to see what he is promising.

    Best wishes
    Ingrid Haugen
    """,
    quotes=True,
)
_picture = reply(
    _jackets,
    TOMASZ,
    ago(64),
    """
    Attached, taken this week at dead low water. The third step is slippery
    and the fourth is only a rumour.

    Tomasz
    """,
    files=(
        File("landing-stage.png", "image/png", png(640, 400, (250, 190, 120), (40, 60, 90))),
        File("steps, close-up.png", "image/png", png(480, 480, (120, 130, 120), (30, 40, 30))),
    ),
    flags=UNREAD,
)

_survey = Letter(
    "harbour-survey",
    TOMASZ,
    on(6, "14:02"),
    "Harbour survey: contract draft 2",
    """
    Mira, Hanne,

    draft 2 is attached. What changed: clause 4 (who pays for the diver if
    there is nothing to dive for) and the dates in annex B.

    Tomasz
    """,
    to=(OWNER, HANNE),
    files=(
        File(
            "Harbour survey - draft 2.pdf",
            "application/pdf",
            pdf("Harbour survey", "Draft 2", "4. The client pays for the diver."),
        ),
    ),
    flags=frozenset({SEEN, ANSWERED}),
)
_clause = reply(
    _survey,
    OWNER,
    on(5, "09:30"),
    """
    Looks good. In clause 4 I would replace "in the event that" by "if";
    it saves ink and frightens nobody. Annex B, row 3: the sounding should
    be done at neap tide, the one you chose is a spring tide and the pier
    will be under water.

    Mira
    """,
    quotes=True,
)
_draft3 = reply(
    _clause,
    TOMASZ,
    ago(97),
    """
    You are right about the tide, thank you. Draft 3 is attached, with your
    "if" and a neap tide. If nobody shouts by tomorrow noon, I will send it
    to the harbour master.

    Tomasz
    """,
    quotes=True,
    files=(
        File(
            "Harbour survey - draft 3.pdf",
            "application/pdf",
            pdf("Harbour survey", "Draft 3", "4. The client pays for the diver if there is one."),
        ),
    ),
    flags=frozenset({FLAGGED}),
)

_review = Letter(
    "lamp-review",
    HANNE,
    ago(140),
    "Invitation: Lamp room review, {day+6} 13:30",
    """
    Lamp room review
    {day+6}, 13:30 to 15:00, the small meeting room (the one with the lens)

    Agenda
      * the new LED module: heat, colour, gulls
      * spare parts for the next ten years
      * what we show at the open day

    Hanne
    """,
    to=(OWNER, TOMASZ, DELE, AIKO),
    flags=UNREAD,
    calendar="""
    BEGIN:VCALENDAR
    PRODID:-//Nordlys Marine//Calendar//EN
    VERSION:2.0
    METHOD:REQUEST
    BEGIN:VEVENT
    UID:lamp-review@nordlys.example
    DTSTAMP:{stamp}
    DTSTART:{start}
    DTEND:{end}
    SUMMARY:Lamp room review
    LOCATION:Small meeting room (the one with the lens)
    DESCRIPTION:The new LED module\\, spare parts\\, the open day
    ORGANIZER;CN=Hanne Sørby:mailto:hanne.sorby@nordlys.example
    ATTENDEE;CN=Mira Lindqvist;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:mira@lindqvist.example
    ATTENDEE;CN=Tomasz Wójcik;PARTSTAT=ACCEPTED:mailto:tomasz.wojcik@nordlys.example
    SEQUENCE:0
    STATUS:CONFIRMED
    END:VEVENT
    END:VCALENDAR
    """,
)

_logs = Letter(
    "buoy-17",
    DELE,
    on(1, "17:26"),
    "Buoy 17 has opinions",
    """
    Mira,

    buoy 17 reported a wind of 212 knots this morning, then a temperature of
    minus one million, then "OK". I think a cormorant is sitting on the
    anemometer. The logs are in the zip, the interesting part starts at 06:14.

    If it is not a cormorant, I owe you a coffee.

    Dele
    """,
    files=(
        File(
            "buoy17-logs.zip",
            "application/zip",
            zip_of(
                {
                    "buoy17/wind.csv": "time,knots\n06:13,11\n06:14,212\n06:15,0\n06:16,12\n",
                    "buoy17/temperature.csv": "time,celsius\n06:14,-1000000\n06:16,7.4\n",
                    "buoy17/README": "Times are UTC. The cormorant is local.\n",
                }
            ),
        ),
    ),
    flags=frozenset({SEEN, FLAGGED}),
)
_cormorant = reply(
    _logs,
    OWNER,
    on(1, "18:10"),
    """
    It is a cormorant: the wind falls to zero whenever the heading changes by
    exactly one bird. I have filtered anything above 120 knots that lasts
    less than a minute.

    You may keep the coffee.

    Mira
    """,
    quotes=True,
)

_minutes = Letter(
    "minutes",
    HANNE,
    on(9, "16:45"),
    "Minutes of Tuesday's meeting",
    """
    Decided
      * Skerry Light gets the LED module first, Gullholm in spring.
      * The old lens is cleaned, insured and lent to the museum.
      * We answer the phone at weekends again, in turns, beginning with me.

    Not decided
      * who feeds the office cat in July.

    Hanne
    """,
    to=ALL_OF_US,
    mailbox=ARCHIVE,
)
_ladder = Letter(
    "ladder",
    TOMASZ,
    on(12, "11:03"),
    "The ladder at Gullholm",
    """
    The lower ladder is gone. Not broken: gone. The bolts are neatly put
    aside in a jam jar with a note that says "sorry, needed it".

    I have ordered a new one and a padlock.

    Tomasz
    """,
    to=(HANNE, OWNER),
    mailbox=ARCHIVE,
    flags=frozenset({SEEN, FORWARDED}),
)
_tokyo = Letter(
    "tokyo-trip",
    AIKO,
    on(4, "02:18"),
    "灯台見学の件（来月のご訪問）",
    """
    リンドクヴィスト様

    いつもお世話になっております。ノルドリュス東京事務所の田中です。

    来月のご訪問の際、観音埼灯台と野島埼灯台の見学を手配いたしました。
    どちらも今では珍しいフレネルレンズが残っていて、野島埼では灯室まで
    上がらせていただけるそうです。

    当日は海風が強いので、上着をお忘れなく。昼食は港の食堂で、地元の
    金目鯛の煮付けを予約してあります。

    どうぞよろしくお願いいたします。

    田中愛子
    """,
    charset="iso-2022-jp",
    flags=frozenset({SEEN, FLAGGED}),
)
_slides = Letter(
    "slides",
    AIKO,
    on(15, "05:55"),
    "Slides: 光の届く距離 / How far a light reaches",
    """
    Mira-san,

    the slides for our talk are ready. I moved the geographic range before
    the luminous range, because people like the curve of the earth better
    than candelas.

    P. 14: the photograph of the keeper's daughter with the telescope is
    from 1923. Please do not crop the cat.

    愛子
    """,
    mailbox=ARCHIVE,
    files=(
        File("光の届く距離.pdf", "application/pdf", pdf("How far a light reaches", "14 slides")),
    ),
)
_holiday = Letter(
    "holiday-request",
    OWNER,
    on(10, "08:15"),
    "Two weeks in autumn",
    """
    Hanne,

    may I be away for two weeks from {day+90}? Tomasz knows the controller
    by now, and the controller knows Tomasz.

    Mira
    """,
    to=(HANNE,),
    mailbox=SENT,
)
_granted = reply(
    _holiday,
    HANNE,
    on(10, "08:19"),
    """
    Yes. Send a postcard with a lighthouse on it; the kitchen wall has a gap.

    Hanne
    """,
    mailbox=ARCHIVE,
    quotes=True,
)

LETTERS = (
    *(_open_day, _rail, _lamp, _room, _boat, _jackets, _picture),
    *(_survey, _clause, _draft3, _review, _logs, _cormorant),
    *(_minutes, _ladder, _tokyo, _slides, _holiday, _granted),
)
