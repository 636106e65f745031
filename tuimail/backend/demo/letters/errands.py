"""Receipts, invoices, tickets, parcels and appointments."""

from tuimail.backend.demo.letters.files import pdf, png
from tuimail.backend.demo.letters.letter import File, Letter, ago, on
from tuimail.backend.demo.letters.people import OWNER, Person
from tuimail.model.mail import FLAGGED, SEEN, Flag, MailboxName

ARCHIVE = MailboxName("Archive")
TRASH = MailboxName("Trash")
UNREAD: frozenset[Flag] = frozenset()

_train = Letter(
    "ticket-bergen",
    Person("Nordbanen", "billett@nordbanen.example"),
    ago(118),
    "Your journey to Bergen, {day+5} 🚆",
    """
    Your ticket is attached. Show the code to the conductor, or your face,
    she remembers people.

      {day+5}
      08:25  Oslo S          platform 4
      11:09  Geilo           change ends here if you ski
      12:06  Finse           1,222 m, look out of the left window
      15:07  Bergen

      Coach 3, seat 41, window, quiet
      Price                                        499,00
      Reference                                    K7M-PLD

    Changes are free until the train has left.
    """,
    files=(
        File("ticket-K7M-PLD.pdf", "application/pdf", pdf("Oslo S - Bergen", "Coach 3, seat 41")),
        File("code.png", "image/png", png(180, 180, (0, 0, 0), (255, 255, 255))),
    ),
    flags=UNREAD,
)
_hotel = Letter(
    "hotel-bergen",
    Person("Pensjonat Sjøgata", "frokost@sjogata.example"),
    on(2, "16:18"),
    "Your room with the crooked floor",
    """
    Dear Mira Lindqvist,

    we have kept room 7 for you, two nights from {day+5}. It has a view of
    the harbour and a floor that slopes towards it; guests with marbles are
    asked to leave them at the desk.

    Breakfast is from seven until it is gone.

    Welcome!
    Torbjørg at the Pensjonat
    """,
    flags=frozenset({SEEN, FLAGGED}),
)
_invoice = Letter(
    "invoice-2041",
    Person("Varde Hosting", "invoices@varde-hosting.example"),
    on(1, "07:00"),
    "Invoice 2041 is ready",
    """
    Hello Mira,

    this is your invoice for last month.

      1 virtual server, small              6.00
      1 domain, lindqvist.example          1.20
      Backups                              0.80
      ------------------------------------------
      Total, EUR                           8.00

    It will be charged on {day+7}; there is nothing you need to do.

    Your server has been up for 611 days. We are proud of both of you.

    Varde Hosting
    """,
    files=(
        File(
            "invoice-2041.pdf",
            "application/pdf",
            pdf("Invoice 2041", "Total: EUR 8.00", "Thank you."),
        ),
    ),
    flags=UNREAD,
)
_parcel = Letter(
    "parcel",
    Person("Budbilen", "spor@budbilen.example"),
    ago(265),
    "Your parcel is on the van 📦",
    html="""<html><body><table width="100%"><tr><td>
<h1>It is on the van</h1>
<p>Your parcel from <b>Tråd &amp; Tvinn</b> arrives <b>today between 14:00 and 16:00</b>.</p>
<table border="1" cellpadding="6">
<tr><th>Where</th><th>When</th></tr>
<tr><td>Left the warehouse, Borås</td><td>yesterday, 19:40</td></tr>
<tr><td>Sorted, Mölndal</td><td>03:12</td></tr>
<tr><td>On the van, with Fatima</td><td>07:55</td></tr>
</table>
<p>Not at home? <a href="https://budbilen.example/neighbour">Leave it with a neighbour</a>
or <a href="https://budbilen.example/shed">in the shed</a>.</p>
</td></tr></table></body></html>
""",
    flags=frozenset({SEEN}),
)
_receipt = Letter(
    "receipt-yarn",
    Person("Tråd & Tvinn", "order@tradochtvinn.example"),
    on(3, "18:22"),
    "Receipt for order 10882",
    """
    Tack, Mira!

      6 × Shetland, 50 g, "Herring"            354 kr
      2 × Shetland, 50 g, "Seal in fog"        118 kr
      1 × needles, 4 mm, birch                  89 kr
      Postage                                   49 kr
      ----------------------------------------------
                                               610 kr

    Should there be any wool left over, mittens for a buoy are said to look
    well.
    """,
    mailbox=ARCHIVE,
)
_dentist = Letter(
    "dentist",
    Person("Tandläkarna vid Järntorget", "tid@tandlakarna.example"),
    on(2, "08:00"),
    "Reminder: {day+3}, 08:40",
    """
    We look forward to seeing you and your teeth.

    If you cannot come, call 031-555 01 40 at least a day before. The
    reception is open from eight, except during the coffee break, which is
    sacred.
    """,
    flags=frozenset({SEEN}),
)
_library = Letter(
    "library",
    Person("Stadsbiblioteket", "lan@stadsbiblioteket.example"),
    ago(395),
    "Three books would like to come home",
    """
    Due on {day+2}:

      Invisible Cities                              renewed 4 times
      The Art of Knotting and Splicing              renewed 6 times
      Teach Your Dog to Sing                        reserved by somebody

    We are not angry. We only miss them.
    """,
    flags=UNREAD,
)
_sailing = Letter(
    "club-fee",
    Person("Långedrag Rowing Club", "kassa@roddklubben.example"),
    on(9, "12:00"),
    "Membership, and the new blue oars",
    """
    The fee for this year is unchanged (600 kr), the oars are not: they are
    blue now, because there was a lot of blue.

    Please pay until the end of the month and row until the ice.

    The treasurer
    """,
    mailbox=ARCHIVE,
)
_code = Letter(
    "login-code",
    Person("ForgeHub", "no-reply@forgehub.example", zone=0),
    on(1, "12:58"),
    "Your sign-in code is 418 226",
    """
    Enter this code within ten minutes:

        418 226

    If you did not try to sign in, ignore this mail and change your password.
    """,
    mailbox=TRASH,
)
_survey = Letter(
    "how-was-it",
    Person("Nordbanen", "billett@nordbanen.example"),
    on(14, "10:10"),
    "How was your journey?",
    """
    Please rate the window (1 = wall, 5 = fjord).
    """,
    mailbox=TRASH,
)
_job = Letter(
    "job-offer",
    Person("Castellane Robotics", "talent@castellane.example", zone=-7),
    on(3, "19:30"),
    "Would you like to light up Mars?",
    """
    Dear Mira,

    we read your paper on flicker-free beacons twice, the second time for
    pleasure. Our rovers need somewhere to come home to, and at present that
    is a sheet of tin foil on a stick.

    The position: lead engineer, navigation lights. Remote, with two weeks a
    year in a desert of your choice.

    Shall we talk? We would rather explain the tin foil in person.

    Rosalind Achterberg
    Head of Finding Things Again
    """,
    flags=frozenset({SEEN, FLAGGED}),
)
_wifi = Letter(
    "stairwell",
    Person("Brf Fyrvaktaren", "styrelsen@fyrvaktaren.example"),
    on(4, "17:00"),
    "Notes from the house: water, bicycles, the accordion",
    """
    Dear neighbours,

      * WATER will be off on {day+1} from 9 to 12. Fill a kettle.
      * BICYCLES without a name go to the Red Cross at the end of the month.
        There are fourteen. One has a basket with a nest in it; that one
        stays until they have flown.
      * THE ACCORDION. The board has discussed it and would like to hear the
        second verse, which never comes.

    The board
    """,
    to=(OWNER,),
)

LETTERS = (
    *(_train, _hotel, _invoice, _parcel, _receipt, _dentist, _library),
    *(_sailing, _code, _survey, _job, _wifi),
)
