"""A POP3 account from end to end: real server, real engine, commands, other mail programs."""

import hashlib
import os
import pty
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.builders import letter
from tests.integration.cli_program import done, found, tuimail
from tests.integration.engine_process import no_engine_left
from tests.integration.pop3_accounts import (
    WORK,
    add_pop3_account,
    local_hashes,
    mail_folder,
    names_in,
    pop3_hashes,
    server_hashes,
)
from tests.integration.pop3_victim import drain_all, drain_to_the_end
from tests.servers.mail_user import MailUser
from tests.servers.programs import Program
from tests.servers.proxy import Direction, Fault, Kind, Proxy
from tuimail.config.paths import Paths
from tuimail.config.schema import Pop3Config, Security

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.eml"))


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


def deliver_corpus(user: MailUser) -> None:
    for path in CORPUS:
        user.deliver(path.read_bytes())
    user.deliver(CORPUS[0].read_bytes())


def ids_of(*query: str) -> list[str]:
    return [str(each["id"]) for each in found(*query)]


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_the_corpus_comes_here_byte_for_byte_and_the_server_is_empty(
    mail_user: MailUser, security: Security
) -> None:
    deliver_corpus(mail_user)
    there = pop3_hashes(mail_user)
    port = mail_user.server.pop3 if security == "starttls" else None
    add_pop3_account(mail_user, security=security, port=port)
    done("sync")
    assert local_hashes() == there
    assert not server_hashes(mail_user)
    for each in found("is:unread"):
        raw = done("show", "--raw", str(each["id"])).out
        assert hashlib.sha256(raw).hexdigest() in there
        assert each["uid"] is None
        assert each["size"] == len(raw)


def test_triage_works_on_the_maildir_and_is_undone_there(mail_user: MailUser) -> None:
    for number in range(3):
        mail_user.deliver(letter(f"Budget {number}"))
    add_pop3_account(mail_user)
    done("sync")
    first, second, third = ids_of("Budget")
    done("flag", first, "+seen", "+flagged", "+$Work")
    done("archive", second)
    done("delete", third)
    done("sync")
    assert [name.rpartition(":2,")[2] for name in names_in("cur")] == ["FSa"]
    assert len(names_in(".Archive/cur")) == len(names_in(".Trash/cur")) == 1
    done("undo")
    done("undo")
    done("sync")
    assert names_in(".Archive/cur") == names_in(".Trash/cur") == []
    assert sorted(ids_of("in:inbox")) == sorted([first, second, third])


def test_ids_survive_a_deleted_cache(mail_user: MailUser) -> None:
    for number in range(5):
        mail_user.deliver(letter(f"No. {number}"))
    add_pop3_account(mail_user)
    done("sync")
    before = sorted(ids_of("No."))
    done("engine", "stop")
    shutil.rmtree(Paths.from_environment().cache)
    done("sync")
    assert sorted(ids_of("No.")) == before


def test_without_the_server_triage_goes_on_in_the_maildir(mail_user: MailUser) -> None:
    mail_user.deliver(letter("Budget"))
    add_pop3_account(mail_user)
    done("sync")
    done("engine", "stop")
    Paths.from_environment().account_file(WORK).unlink()
    add_pop3_account(mail_user, port=1)
    (message,) = ids_of("Budget")
    done("archive", message)
    ended = tuimail("sync")
    assert ended.status == 75
    assert "refused the connection" in ended.err
    assert len(names_in(".Archive/cur")) == 1


def test_a_wrong_password_is_one_sentence_and_asked_once(mail_user: MailUser) -> None:
    add_pop3_account(mail_user, password="wrong")
    ended = tuimail("sync")
    assert ended.status == 1
    assert "refused the user name or password" in ended.err


def test_the_plan_tells_what_goes_when_and_what_stays(mail_user: MailUser) -> None:
    for number in range(2):
        mail_user.deliver(letter(f"Budget {number}"))
    add_pop3_account(mail_user, delete_after_days=14)
    done("sync")
    plan = done("pop", "plan", "--json").objects
    assert {each["reason"] for each in plan} == {"14 days after it was first seen"}
    assert all(each["delete_on"] > each["first_seen"] for each in plan)
    (message, _) = ids_of("Budget")
    done("pop", "keep", message)
    assert sorted(each["delete_on"] is None for each in done("pop", "plan", "--json").objects) == [
        False,
        True,
    ]
    kept = next(each for each in done("pop", "plan", "--json").objects if not each["delete_on"])
    done("pop", "release", kept["uidl"])
    assert all(each["delete_on"] for each in done("pop", "plan", "--json").objects)
    assert tuimail("pop", "keep", "nonsense").status == 1
    assert "14 days" in done("pop", "plan", "work").out.decode()


def test_the_plan_tells_the_reason_of_every_setting(mail_user: MailUser) -> None:
    for number in range(3):
        mail_user.deliver(letter(f"Budget {number}", "x" * 2000))
    mail_user.deliver(letter("Budget, large", "x" * 70_000))
    settings = Pop3Config(None, keep_server_below=79_000, max_size=50_000, delete_with_local=True)
    add_pop3_account(mail_user, pop3=settings)
    done("sync")
    assert server_hashes(mail_user).total() == 3
    reasons = Counter(each["reason"] for each in done("pop", "plan", "--json").objects)
    assert reasons == {
        'delete_after_days is "never"': 2,
        "larger than max_size: it is on the server only": 1,
    }
    (large,) = found("large")
    message = ids_of("Budget", "-large", "in:inbox")[0]
    assert "on the server only" in done("show", large["id"]).out.decode()
    assert large["size"] > 70_000
    raw = done("show", "--raw", str(large["id"])).out
    assert hashlib.sha256(raw).hexdigest() in pop3_hashes(mail_user) | local_hashes()
    assert [each["id"] for each in found("large")] == [large["id"]]
    assert "xxx" in done("show", str(large["id"])).out.decode()
    done("delete", message)
    done("delete", message)
    assert "for good in 10 minutes" not in done("undo").out.decode()


def test_mutt_opens_it(
    mail_user: MailUser, tmp_path: Path, program: Callable[[str], Program]
) -> None:
    mutt = program("mutt")
    for number in range(3):
        mail_user.deliver(letter(f"Budget {number}"))
    add_pop3_account(mail_user)
    done("sync")
    rc = tmp_path / "muttrc"
    rc.write_text(
        f"set folder={mail_folder()} spoolfile={mail_folder()} quit=yes move=no\n"
        'push "<tag-pattern>~s Budget<enter><tag-prefix><flag-message><quit>"\n'
    )
    run_in_terminal([str(mutt.path), "-n", "-F", str(rc)], mutt.environment)
    assert [name.rpartition(":2,")[2] for name in names_in("cur")] == ["F"] * 3
    done("sync")
    assert len(ids_of("is:flagged", "Budget")) == 3


def run_in_terminal(command: Sequence[str], more: Mapping[str, str]) -> None:
    """Until it ends by itself; what it draws is thrown away."""
    ours, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", **more}
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment)
    os.close(its)
    try:
        with suppress(OSError):  # EIO: it has left the terminal
            while os.read(ours, 65536):
                pass
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_what_another_program_does_in_the_maildir_is_noticed(mail_user: MailUser) -> None:
    mail_user.deliver(letter("Budget"))
    add_pop3_account(mail_user)
    done("sync")
    (path,) = (mail_folder() / "new").iterdir()
    path.rename(mail_folder() / "cur" / f"{path.name}:2,FRS")
    (mail_folder() / "cur" / "1700000000.M1.elsewhere:2,").write_text("Subject: theirs\n\nHi.\n")
    done("sync")
    (mine,) = found("Budget")
    assert mine["flags"] == ["\\Answered", "\\Flagged", "\\Seen"]
    assert len(found("theirs")) == 1


def test_every_deletion_comes_after_file_folder_and_commit(
    mail_user: MailUser, tmp_path: Path, program: Callable[[str], Program]
) -> None:
    strace = program("strace")
    for number in range(12):
        mail_user.deliver(letter(f"No. {number}"))
    add_pop3_account(mail_user)
    trace = tmp_path / "trace"
    subprocess.run(
        [
            *(str(strace.path), "-f", "-y", "-s", "300", "-o", str(trace)),
            *("-e", "trace=fsync,fdatasync,link,linkat,sendto,write,rename"),
            *(sys.executable, "-m", "tuimail.engine.run", "--foreground", "--grace", "0.3"),
        ],
        env={**os.environ, **strace.environment},
        timeout=60,
        check=True,
    )
    assert not server_hashes(mail_user)
    check_order(trace.read_text(errors="replace").splitlines())


def check_order(calls: list[str]) -> None:
    """For each DELE: its file synced, linked, its folder synced, the journal synced, in order."""

    def places(form: str) -> list[int]:
        return [place for place, call in enumerate(calls) if re.search(form, call)]

    deletions = places(r"(sendto|write)\(\d+<(socket|TCP).*DELE ")
    links = places(r"link(at)?\(.*/mail/work/tmp/.*/mail/work/new/")
    assert len(links) == 12
    assert deletions
    for link in links:
        name = re.findall(r"/mail/work/tmp/(P[^\"]*)\"", calls[link])[0]
        synced = places(rf"fsync\(\d+<[^>]*/mail/work/tmp/{re.escape(name)}>")
        assert synced
        assert synced[0] < link
    folder = [place for place in places(r"fsync\(\d+<[^>]*/mail/work/new>") if place > links[-1]]
    assert folder
    journal = places(r"(fsync|fdatasync)\(\d+<[^>]*/journal\.db-wal>")
    assert any(folder[0] < place < deletions[0] for place in journal)


@pytest.mark.parametrize("direction", list(Direction))
async def test_a_line_cut_anywhere_in_a_session_loses_and_doubles_nothing(
    mail_user: MailUser, direction: Direction
) -> None:
    contents = [letter(f"No. {number}", "x" * 200 * number) for number in range(4)]
    for content in contents:
        mail_user.deliver(content)
    there = server_hashes(mail_user)
    async with Proxy(mail_user.host, mail_user.server.pop3) as proxy:
        add_pop3_account(mail_user, port=proxy.port, delete_after_days=None)
        await drain_all(there)
        length = proxy.passed[direction]
        Paths.from_environment().account_file(WORK).unlink()
        add_pop3_account(mail_user, port=proxy.port)
        for share in range(0, 100, 12):
            shutil.rmtree(Paths.from_environment().data, ignore_errors=True)
            shutil.rmtree(Paths.from_environment().cache, ignore_errors=True)
            at = proxy.passed[direction] + length * share // 100
            proxy.plan(Fault(Kind.CUT, direction, at))
            await drain_to_the_end()
            here, left = local_hashes(), server_hashes(mail_user)
            assert not here - there
            assert not there - (here + left)
            proxy.plan()
            await drain_all(there)
            assert not server_hashes(mail_user)
            for content in contents:
                mail_user.deliver(content)


def test_a_message_of_sixty_megabytes_is_here_whole(mail_user: MailUser) -> None:
    """The local copy is the only one: no size is too large to be read where it is."""
    line = b"QUJD" * 19 + b"\r\n"
    head = b"From: anna@example.org\r\nSubject: sixty\r\n\r\nhello\r\n"
    mail_user.deliver(head + line * (60_000_000 // len(line)))
    there = pop3_hashes(mail_user)
    add_pop3_account(mail_user)
    done("sync")
    assert not server_hashes(mail_user)
    [sixty] = ids_of("subject:sixty")
    raw = done("show", "--raw", sixty).out
    assert hashlib.sha256(raw).hexdigest() in there
    assert "hello" in done("show", sixty).text


def test_a_message_takes_its_room_once(mail_user: MailUser) -> None:
    file = random.Random("room").randbytes(4_000_000)
    mail_user.deliver(letter("Budget", files={"figures.bin": file}))
    there = pop3_hashes(mail_user)
    add_pop3_account(mail_user)
    done("sync")
    cache = Paths.from_environment().account_cache(WORK)
    assert sum(path.stat().st_size for path in cache.iterdir()) < 1_000_000
    [budget] = ids_of("Budget", "filename:figures.bin")
    for _ in range(2):
        raw = done("show", "--raw", budget).out
        assert hashlib.sha256(raw).hexdigest() in there
        done("archive", budget)


def test_a_file_that_is_too_large_to_read_is_listed_and_says_so(mail_user: MailUser) -> None:
    add_pop3_account(mail_user)
    done("sync")
    sparse = mail_folder() / "cur" / "1700000000.M1.elsewhere:2,"
    sparse.write_text("Subject: sparse\n\n")
    os.truncate(sparse, 10 * 2**30)
    done("sync")
    [listed] = found("subject:sparse")
    assert listed["size"] == 10 * 2**30
    assert "larger than 400 MB" in done("show", str(listed["id"])).text


def test_a_mail_folder_that_is_away_is_no_empty_mailbox(mail_user: MailUser) -> None:
    for number in range(3):
        mail_user.deliver(letter(f"Budget {number}"))
    add_pop3_account(mail_user)
    done("sync")
    here = local_hashes()
    mail_user.deliver(letter("Later"))
    away = mail_folder().with_name("away")
    mail_folder().rename(away)
    for mounted_nowhere in (False, True):
        if mounted_nowhere:
            mail_folder().mkdir()
        ended = tuimail("sync")
        assert ended.status != 0
        assert "is its disk mounted" in ended.err
        assert len(ids_of("Budget")) == 3
        assert server_hashes(mail_user).total() == 1
    mail_folder().rmdir()
    away.rename(mail_folder())
    done("sync")
    assert len(ids_of("Budget")) == 3
    assert len(ids_of("Later")) == 1
    assert not here - local_hashes()
    assert local_hashes().total() == 4
