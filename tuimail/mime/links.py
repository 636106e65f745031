"""Where links really lead (security.md M3, M4)."""

import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin

from tuimail.mime import bounds
from tuimail.mime.word_set import word_set
from tuimail.model.body import Link
from tuimail.model.safe_text import EMPTY, SafeText, safe_line

_WEB = re.compile(r"(https?)://([^/?#\\]*)(.*)", re.IGNORECASE | re.DOTALL)
_MAILTO = re.compile(r"mailto:([^?]*)", re.IGNORECASE)
_PHONE = re.compile(r"(?:tel|sms):(?://)?([+\d*#(][\d().*#/ -]{0,40})(?:[;?,].*)?", re.IGNORECASE)
# Browsers take any number of slashes, of either kind.
_SLASHES = re.compile(r"(https?):[/\\]*", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BARE_HOST = re.compile(r"www\d?\.[^\s/]|//[^/\\]", re.IGNORECASE)
# What no address holds unescaped and no browser refuses: marks, joiners, blanks.
_ESCAPED = re.compile(r"[^\x21-\x7e]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")
_PORT = re.compile(r":\d{0,9}$")
_PERCENT = re.compile("%([0-9a-fA-F]{2})")
_CLAIM = re.compile(
    r"(?:https?://)?(?:[^\s/@]{1,64}@)?((?:[\w-]{1,63}\.){1,8}[\w-]{2,24})(?![\w@.-]*@)"
)
_TOP_LEVEL = word_set("com org net edu gov mil int info biz name io app dev online shop site")
# Two letters that end file names at least as often as hosts.
_REFUSED = ("Cc", "Cs", "Co", "Cn")
_FILE_ENDINGS = word_set("ai cc cs gz hs js md ml pl ps py rs sh so ts vb")


@dataclass(slots=True)
class LinkList:
    """The links of a message, each target numbered once; `cut` if there were too many.

    `base` is what the document at hand says that its relative links are relative to.
    """

    links: list[Link] = field(default_factory=list)
    base: str = ""
    cut: bool = False
    _by_target: dict[tuple[str, str], Link] = field(default_factory=dict)
    _targets: set[str] = field(default_factory=set)

    def add(self, href: str, text: str) -> Link | None:
        """The link for `href`, shown as `text`; None if it is not one that we offer."""
        target = safe_target(href, self.base)
        if target is None:
            return None
        host = host_of(target)
        claims = claimed_host(text, host)
        known = self._by_target.get((target, claims))
        if known is None and len(self.links) < bounds.LINKS:
            known = Link(len(self.links) + 1, SafeText(target), host, claims)
            self.links.append(known)
            self._by_target[target, claims] = known
            self._targets.add(target)
        self.cut = self.cut or known is None
        return known

    def add_once(self, href: str) -> None:
        """Number a link that stands in the text as it is, if no other leads there."""
        target = safe_target(href)
        if target is not None and target not in self._targets:
            self.add(href, "")


def safe_target(href: str, base: str = "") -> str | None:
    """`href` if it is a web, mail or telephone address that can be shown in full, else None."""
    # Browsers ignore line ends and tabs in an address, and white space around it.
    target = re.sub("[\t\r\n]", "", href[: bounds.LINK_CHARACTERS + 1]).strip(" \x00")
    if len(target) > bounds.LINK_CHARACTERS:
        return None
    target = _absolute(target, base)
    if " " in target or safe_line(target, len(target) + 1) != target:
        target = _escaped(target)
    if not target or len(target) > bounds.LINK_CHARACTERS:
        return None
    return target if host_of(target) else None


def _absolute(target: str, base: str) -> str:
    """An address without a scheme as mail programs take it: a host, or relative to `base`."""
    if web := _SLASHES.match(target):
        return f"{web[1]}://{target[web.end() :]}"
    if _SCHEME.match(target):
        return target
    if _BARE_HOST.match(target):
        return f"https:{target}" if target.startswith("//") else f"http://{target}"
    if base and target and not target.startswith(("\\", "#")) and safe_target(base):
        try:
            return urljoin(base, target)
        except ValueError:
            return ""
    return target


def _escaped(target: str) -> str:
    """`target` with its odd signs in %XX, as a browser sends it; "" if one of them deceives."""
    if _BIDI.search(target) or any(unicodedata.category(sign) in _REFUSED for sign in target):
        return ""
    scheme, separator, rest = target.partition("://")
    if not separator:
        return _ESCAPED.sub(_quoted, target)
    end = next((at for at, sign in enumerate(rest) if sign in "/?#\\"), len(rest))
    user, at_sign, host = rest[:end].rpartition("@")
    port = _PORT.search(host)
    host, port_text = (host[: port.start()], port[0]) if port else (host, "")
    known = host if host.isascii() else ascii_host(host)
    path = _ESCAPED.sub(_quoted, rest[end:])
    return f"{scheme}://{_ESCAPED.sub(_quoted, user)}{at_sign}{known}{port_text}{path}"


def _quoted(sign: re.Match[str]) -> str:
    return quote(sign[0], safe="")


def host_of(target: str) -> SafeText:
    """The host, mail address or number that `target` leads to; empty if it is none of them."""
    if web := _WEB.match(target):
        host = _bare_host(web[2])
        return safe_line(host) if _HOST.fullmatch(host) else EMPTY
    if mail := _MAILTO.match(target):
        return safe_line(_unescaped(mail[1]).strip(), bounds.ADDRESS_CHARACTERS)
    if phone := _PHONE.fullmatch(_unescaped(target)):
        return safe_line(phone[1].strip())
    return EMPTY


def _bare_host(authority: str) -> str:
    host = _PORT.sub("", authority.rpartition("@")[2])
    host = _unescaped(host).lower()
    return host if host.isascii() else ascii_host(host)


def _unescaped(text: str) -> str:
    return _PERCENT.sub(lambda match: chr(int(match[1], 16)), text)


def ascii_host(host: str) -> str:
    """A host as the network knows it, "xn--" included; empty if there can be none."""
    labels = unicodedata.normalize("NFKC", host[:300]).lower().replace("。", ".").split(".")
    try:
        return ".".join([_ascii_label(label) for label in labels])
    except UnicodeError:
        return ""


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode").decode("ascii")


def claimed_host(text: str, host: str) -> SafeText:
    """The host that a link's text names, if it is another one than `host`."""
    claim = _CLAIM.match(text.strip()[:500])
    if claim is None:
        return EMPTY
    claimed = ascii_host(claim[1])
    real = host.rpartition("@")[2]
    if not _looks_like_a_host(claimed, text) or _same_site(claimed, real):
        return EMPTY
    return safe_line(claimed)


def _looks_like_a_host(name: str, text: str) -> bool:
    if text.lower().startswith(("http:", "https:", "www.")):
        return True
    top = name.rpartition(".")[2]
    if top in _TOP_LEVEL or top.startswith("xn--"):
        return True
    return len(top) == 2 and top.isalpha() and top not in _FILE_ENDINGS


def _same_site(one: str, other: str) -> bool:
    one, other = one.removeprefix("www.").rstrip("."), other.removeprefix("www.").rstrip(".")
    return one == other or one.endswith("." + other) or other.endswith("." + one)


_LOOK_ALIKES = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})


def mixes_scripts(host: str) -> bool:
    """Whether a label of `host` has letters of scripts that can pass for one another."""
    return any(len(_scripts(label)) > 1 for label in host.split("."))


def _scripts(label: str) -> frozenset[str]:
    if label.startswith("xn--"):
        try:
            label = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return frozenset()
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in label if letter.isalpha())
    return _LOOK_ALIKES.intersection(names)
