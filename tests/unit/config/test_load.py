"""Account files and settings: what is accepted, and how the rest is refused."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.config.errors import ConfigError
from tuimail.config.load import load_account, load_accounts, load_config, load_keys
from tuimail.config.paths import Paths
from tuimail.config.schema import DEFAULT_PORTS, AccountConfig, Config
from tuimail.model.mail import Role

MINIMAL = 'email = "anna@example.org"\n[incoming]\nhost = "imap.example.org"\n'


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths.from_environment({"HOME": str(tmp_path)})
    paths.accounts.mkdir(parents=True)
    return paths


def write(paths: Paths, content: str | bytes, name: str = "work", mode: int = 0o600) -> Path:
    file = paths.accounts / f"{name}.toml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)
    return file


def refusal(paths: Paths, content: str | bytes, mode: int = 0o600) -> str:
    file = write(paths, content, mode=mode)
    with pytest.raises(ConfigError) as caught:
        load_accounts(paths)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_filled_in(paths: Paths) -> None:
    write(paths, MINIMAL)
    [account] = load_accounts(paths)
    assert account.name == "work"
    assert account.protocol == "imap"
    assert account.incoming.username == "anna@example.org"
    assert (account.incoming.security, account.incoming.port) == ("tls", 993)
    assert account.pop3.delete_after_days == 0
    assert account.imap.bodies == "all"
    assert account.outgoing is None


FULL = """
email = "anna@example.org"
name = "Anna Meyer"
protocol = "pop3"
aliases = ["a.meyer@example.org"]
[incoming]
host = "[::1]"
security = "starttls"
username = "anna"
password_command = ["pass", "show", "mail/anna"]
ca_file = "/etc/ca.pem"
fingerprint = "sha256:AB:%s"
storage = "2 GB"
[outgoing]
host = "smtp.example.org"
security = "starttls"
[pop3]
delete_after_days = "never"
delete_with_local = true
keep_server_below = "1.5 GB"
max_size = 1000
[imap]
bodies = "1y"
pipeline = 1
[folders]
archive = "Ablage"
[contacts]
url = "https://dav.example.org/anna/"
""" % ("cd" * 31)


def test_every_key_of_the_contract_is_read(paths: Paths) -> None:
    account = load_account(write(paths, FULL))
    assert account.real_name == "Anna Meyer"
    assert account.aliases == ("a.meyer@example.org",)
    assert (account.incoming.host, account.incoming.port) == ("::1", 110)
    assert account.incoming.password_command == ("pass", "show", "mail/anna")
    assert account.incoming.fingerprint == "sha256:ab" + "cd" * 31
    assert account.incoming.storage == 2 * 2**30
    assert account.pop3.delete_after_days is None
    assert account.pop3.delete_with_local
    assert account.pop3.keep_server_below == 1536 * 2**20
    assert account.pop3.max_size == 1000
    assert (account.imap.bodies, account.imap.pipeline) == ("1y", 1)
    assert account.folders.by_role() == {Role.ARCHIVE: "Ablage"}


def test_outgoing_and_contacts_take_name_and_secret_of_incoming(paths: Paths) -> None:
    account = load_account(write(paths, FULL))
    assert account.outgoing is not None
    assert account.contacts is not None
    for server in (account.outgoing, account.contacts):
        assert server.username == "anna"
        assert server.password_command == ("pass", "show", "mail/anna")
    assert account.outgoing.port == 587


def test_an_outgoing_secret_of_its_own_stands_alone(paths: Paths) -> None:
    own = '[outgoing]\nhost = "smtp.example.org"\npassword_command = ["other"]\n'
    first = '[incoming]\nhost = "i"\npassword = "x"\n'
    account = load_account(write(paths, f'email = "a@b.org"\n{first}{own}'))
    assert account.outgoing is not None
    assert account.outgoing.password is None
    assert account.outgoing.password_command == ("other",)


def with_servers(paths: Paths, incoming: str, outgoing: str = "") -> AccountConfig:
    out = f'[outgoing]\nhost = "smtp.example.org"\n{outgoing}\n'
    return load_account(
        write(paths, f'email = "a@b.org"\n[incoming]\nhost = "i"\n{incoming}\n{out}')
    )


TOKEN = 'auth = "oauth2"\ntoken_command = ["token"]\n'


@pytest.mark.parametrize(
    ("incoming", "outgoing", "pinned"),
    [
        ("", "", ("", "")),
        ('sasl = "plain"', 'sasl = "LOGIN"', ("PLAIN", "LOGIN")),
        (TOKEN + 'sasl = "XOauth2"', "", ("XOAUTH2", "")),
        (TOKEN, 'sasl = "OAUTHBEARER"', ("", "OAUTHBEARER")),
    ],
)
def test_a_mechanism_is_pinned_for_one_server(
    paths: Paths, incoming: str, outgoing: str, pinned: tuple[str, str]
) -> None:
    account = with_servers(paths, incoming, outgoing)
    assert account.outgoing is not None
    assert (account.incoming.sasl, account.outgoing.sasl) == pinned


@pytest.mark.parametrize(
    ("incoming", "outgoing", "words"),
    [
        ('sasl = "XOAUTH2"', "", 'incoming.sasl.*XOAUTH2.*"PLAIN" or "LOGIN"'),
        (TOKEN + 'sasl = "PLAIN"', "", 'incoming.sasl.*PLAIN.*"XOAUTH2" or "OAUTHBEARER"'),
        (TOKEN, 'sasl = "LOGIN"', "outgoing.sasl.*LOGIN.*oauth2"),
        ('sasl = "CRAM-MD5"', "", "incoming.sasl.*CRAM-MD5"),
        ("sasl = 1", "", "incoming.sasl"),
        ('sasl = ""', "", "incoming.sasl"),
    ],
)
def test_a_token_never_goes_as_a_password(
    paths: Paths, incoming: str, outgoing: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        with_servers(paths, incoming, outgoing)


@pytest.mark.parametrize(("which", "port"), DEFAULT_PORTS.items())
def test_ports_follow_protocol_and_security(
    paths: Paths, which: tuple[str, str], port: int
) -> None:
    protocol, security = which
    tables = f'[incoming]\nhost = "h"\nsecurity = "{security}"\n'
    if protocol == "smtp":
        tables += f'[outgoing]\nhost = "h"\nsecurity = "{security}"\n'
    else:
        tables = f'protocol = "{protocol}"\n{tables}'
    account = load_account(write(paths, f'email = "a@b.org"\n{tables}'))
    server = account.outgoing if protocol == "smtp" else account.incoming
    assert server is not None
    assert server.port == port


@pytest.mark.parametrize(
    ("line", "key", "found"),
    [
        ("colour = 1", "colour", "unknown key"),
        ("email = 5", "email", "5"),
        ('email = "anna"', "email", '"anna"'),
        ('protocol = "jmap"', "protocol", '"jmap"'),
        ("aliases = 'x@y.org'", "aliases", '"x@y.org"'),
        ("[incoming]\nhost = 1", "incoming.host", "1"),
        ('[incoming]\nhost = "a b"', "incoming.host", '"a b"'),
        ("incoming = 7", "incoming", "7"),
        ('[incoming]\nhots = "x"', "incoming.hots", "unknown key"),
        ("[incoming]\nhost = 'h'\nport = 0", "incoming.port", "0"),
        ("[incoming]\nhost = 'h'\nport = 65536", "incoming.port", "65536"),
        ("[incoming]\nhost = 'h'\nport = true", "incoming.port", "true"),
        ("[incoming]\nhost = 'h'\nport = 99999999999999999999999", "incoming.port", "a number"),
        ('[incoming]\nhost = "h"\nport = "143"', "incoming.port", '"143"'),
        ('[incoming]\nhost = "h"\nsecurity = "ssl"', "incoming.security", '"ssl"'),
        ('[incoming]\nhost = "h"\nsecurity = ["tls"]', "incoming.security", "a list"),
        ("[incoming]\npassword_command = 'pass x; y'", "incoming.password_command", "pass x; y"),
        ("[incoming]\npassword_command = []", "incoming.password_command", "a list"),
        ("[incoming]\nca_file = 'ca.pem'", "incoming.ca_file", '"ca.pem"'),
        ("[incoming]\nfingerprint = 'md5:00'", "incoming.fingerprint", '"md5:00"'),
        ("[incoming]\nhost = 'h'\nauth = 'oauth2'", "incoming.token_command", "nothing"),
        ("[incoming]\nstorage = 'much'", "incoming.storage", '"much"'),
        ("[incoming]\nusername = ''", "incoming.username", '""'),
        ("[incoming]\nusername = '''a\nb'''", "incoming.username", "a"),
        ("[incoming]\nsecurity = 'tls'", "incoming.host", "nothing"),
        ("[outgoing]\nport = 1", "outgoing.host", "nothing"),
        ("[pop3]\ndelete_after_days = -1", "pop3.delete_after_days", "-1"),
        ("[pop3]\ndelete_after_days = 'soon'", "pop3.delete_after_days", '"soon"'),
        ("[pop3]\ndelete_with_local = 1", "pop3.delete_with_local", "1"),
        ("[imap]\nbodies = '1x'", "imap.bodies", '"1x"'),
        ("[imap]\npipeline = 2", "imap.pipeline", "2"),
        ("[folders]\narchive = 3", "folders.archive", "3"),
        ("[contacts]\nurl = 'http://dav.example.org'", "contacts.url", "http://dav"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_key(
    paths: Paths, line: str, key: str, found: str
) -> None:
    email = "" if line.startswith("email") else 'email = "anna@example.org"\n'
    incoming = "" if "incoming" in line else '\n[incoming]\nhost = "h"\n'
    sentence = refusal(paths, f"{email}{line}{incoming}")
    assert f"{key}: found " in sentence
    assert found in sentence
    assert "expected" in sentence


@pytest.mark.parametrize("content", ["", "[incoming]\nhost = 'h'\n"])
def test_an_account_needs_an_address(paths: Paths, content: str) -> None:
    assert "email" in refusal(paths, content)


def test_a_password_in_a_file_that_others_may_read_is_refused(paths: Paths) -> None:
    secret = MINIMAL + 'password = "hunter2"\n'
    for mode in (0o644, 0o640, 0o604):
        sentence = refusal(paths, secret, mode=mode)
        assert "chmod 600" in sentence
        assert "hunter2" not in sentence
    write(paths, secret, mode=0o600)
    [account] = load_accounts(paths)
    assert account.incoming.password == "hunter2"
    assert "hunter2" not in repr(account)


def test_a_password_of_the_wrong_type_is_never_shown(paths: Paths) -> None:
    sentence = refusal(paths, MINIMAL + "password = 31337\n")
    assert "incoming.password" in sentence
    assert "31337" not in sentence


def test_two_sources_of_a_password_are_one_too_many(paths: Paths) -> None:
    both = MINIMAL + 'password = "x"\npassword_command = ["y"]\n'
    assert "incoming.password_command: found both" in refusal(paths, both)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("email = ", "not TOML"),
        (b'email = "\xff"', "not UTF-8"),
        ("a = " + "9" * 5000, "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
        ("# " + "x" * (300 * 1024), "larger than 256 kB"),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused(
    paths: Paths, content: str | bytes, words: str
) -> None:
    assert words in refusal(paths, content)


def test_a_pipe_in_place_of_a_file_is_refused_at_once(paths: Paths) -> None:
    os.mkfifo(paths.accounts / "work.toml")
    with pytest.raises(ConfigError, match="not an ordinary file"):
        load_accounts(paths)


@pytest.mark.parametrize("name", ["-x", ".x.y"[1:] + " z", "a b", "ä", "x" * 65])
def test_a_name_that_no_account_may_have_is_refused(paths: Paths, name: str) -> None:
    write(paths, MINIMAL, name=name)
    with pytest.raises(ConfigError, match="name"):
        load_accounts(paths)


def test_other_files_in_the_folder_do_not_disturb(paths: Paths) -> None:
    write(paths, MINIMAL, name="b")
    write(paths, MINIMAL, name="a.c")
    (paths.accounts / ".b.toml.swp").write_text("x")
    (paths.accounts / ".#b.toml").symlink_to("nowhere")
    (paths.accounts / "b.toml~").write_text("x")
    assert [account.name for account in load_accounts(paths)] == ["a.c", "b"]


def test_without_a_folder_there_are_no_accounts(tmp_path: Path) -> None:
    assert load_accounts(Paths.from_environment({"HOME": str(tmp_path)})) == []


def test_settings_have_defaults_and_are_checked(paths: Paths) -> None:
    assert load_config(paths) == Config()
    paths.config_file.write_text('keymap = "mutt"\nslow_link = true\nunicode = false\n')
    assert load_config(paths) == Config(keymap="mutt", slow_link=True, unicode=False)
    paths.config_file.write_text('slow_link = "auto"\nscroll = "line"\n')
    assert load_config(paths) == Config(slow_link=None, scroll="line")
    paths.config_file.write_text('keymap = "emacs"\n')
    with pytest.raises(ConfigError, match='keymap: found "emacs", expected one of "default"'):
        load_config(paths)


def test_keys_are_one_or_several_sequences(paths: Paths) -> None:
    assert load_keys(paths) == {}
    paths.keys_file.write_text('delete = ["d", "g d"]\narchive = "a"\nspam = []\n')
    assert load_keys(paths) == {"delete": ("d", "g d"), "archive": ("a",), "spam": ()}
    paths.keys_file.write_text("delete = 5\n")
    with pytest.raises(ConfigError, match="delete: found 5"):
        load_keys(paths)


_JUNK = st.sampled_from(
    ["[incoming]", "[[incoming]]", "[", "]", "{", "}", "=", "'", '"', "#", ".", "\\u0000", "\x1b"]
) | st.sampled_from(["host", "email", "password", "1", "2020-01-01", "true", "nan", "0x", "\n"])


@given(st.binary(max_size=200) | st.lists(_JUNK).map(" ".join).map(str.encode))
def test_any_bytes_are_an_account_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "junk.toml"
    file.write_bytes(content)
    file.chmod(0o600)
    try:
        outcome: AccountConfig | str = load_account(file)
    except ConfigError as error:
        outcome = str(error)
    assert isinstance(outcome, AccountConfig) or outcome.isprintable()
