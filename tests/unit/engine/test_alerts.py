"""What a server wants read is told once (RFC 9051 7.1, security.md N15)."""

from tuimail.engine.alerts import MOST, Alerts
from tuimail.engine.events import ServerAlert
from tuimail.model.mail import AccountName
from tuimail.model.safe_text import SafeText

WORK = AccountName("work")


def test_what_is_said_again_is_not_told_again() -> None:
    heard: list[ServerAlert] = []
    alerts = Alerts(WORK, heard.append)
    for text in ("Full at five", "Full at five", "Moving", "Full at five"):
        alerts.hear(SafeText(text))
    assert [alert.text for alert in heard] == ["Full at five", "Moving"]
    assert alerts.told == heard


def test_a_flood_is_not_told() -> None:
    heard: list[ServerAlert] = []
    alerts = Alerts(WORK, heard.append)
    for number in range(10_000):
        alerts.hear(SafeText(str(number)))
    assert len(heard) == MOST
