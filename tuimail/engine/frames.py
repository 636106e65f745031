"""Requests and news as frames: a JSON object a line, at most 64 kB."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, NewType, TypeVar, get_args, get_origin, get_type_hints

from tuimail.engine.events import BodiesArrived, BodiesFailed, Event
from tuimail.engine.requests import FetchBodies, Request, Ring, Status

T = TypeVar("T")

LARGEST = 64 * 1024
_KEYS_A_FRAME = 2000
_NAMES_A_FRAME = 500


class BadFrame(Exception):
    """What came is none of our frames."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame of both sides."""

    version: str


@dataclass(frozen=True, slots=True)
class AskStatus:
    """Answered with a `Status`, to the asker alone."""


Reader = Callable[[object], object]
Frame = Hello | AskStatus | Request | Event | Status


def encode(frame: Frame) -> bytes:
    """One line; what was given by `split` fits into LARGEST."""
    content = {"is": type(frame).__name__, **_plain_fields(frame)}
    return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Frame:
    """Raises BadFrame for whatever `encode` does not make."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadFrame("no JSON") from error
    if not isinstance(content, dict):
        raise BadFrame("no object")
    kind = _KINDS.get(str(content.pop("is", "")))
    if kind is None:
        raise BadFrame("unknown kind")
    frame: Frame = _read_object(kind, content)
    return frame


def split(frame: Request | Event) -> Iterable[Request | Event]:
    """The same in frames that are not too long."""
    match frame:
        case BodiesArrived(keys=keys) if len(keys) > _KEYS_A_FRAME:
            return [BodiesArrived(some) for some in _parts(keys, _KEYS_A_FRAME)]
        case BodiesFailed(keys=keys, reason=reason) if len(keys) > _KEYS_A_FRAME:
            return [BodiesFailed(some, reason) for some in _parts(keys, _KEYS_A_FRAME)]
        case FetchBodies(keys=keys, large=large) if len(keys) > _KEYS_A_FRAME:
            return [FetchBodies(some, large) for some in _parts(keys, _KEYS_A_FRAME)]
        case Ring(account=account, mailboxes=names) if len(names) > _NAMES_A_FRAME:
            return [Ring(account, some) for some in _parts(names, _NAMES_A_FRAME)]
        case _:
            return [frame]


def _parts(things: frozenset[T], size: int) -> Iterable[frozenset[T]]:
    ordered = list(things)
    return [frozenset(ordered[at : at + size]) for at in range(0, len(ordered), size)]


def _plain_fields(value: object) -> dict[str, object]:
    return {each.name: _plain(getattr(value, each.name)) for each in fields(type(value))}  # type: ignore[arg-type]


def _plain(value: object) -> object:
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, frozenset | tuple):
        return [_plain(each) for each in value]
    return value


def _read_object(kind: type, content: object) -> Any:
    readers = _readers(kind)
    if not isinstance(content, dict) or content.keys() != readers.keys():
        raise BadFrame(f"not the fields of {kind.__name__}")
    return kind(**{name: reader(content[name]) for name, reader in readers.items()})


@cache
def _readers(kind: type) -> dict[str, Reader]:
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> Reader:
    """What reads a value of this type and nothing else."""
    origin = get_origin(hint)
    if origin is not None:
        inner = _reader(get_args(hint)[0])
        return lambda value: origin(inner(each) for each in _checked(value, list))
    if isinstance(hint, NewType):
        return _reader(hint.__supertype__)
    return _reader_of_class(hint)


def _reader_of_class(kind: type) -> Reader:
    if is_dataclass(kind):
        return lambda value: _read_object(kind, value)
    if issubclass(kind, Enum):
        return lambda value: _read_enum(kind, value)
    if issubclass(kind, str):
        return lambda value: kind(_checked(value, str))
    if kind is float:
        return lambda value: float(_checked(value, int, float))
    return lambda value: _checked(value, kind)


def _read_enum(hint: type[Enum], value: object) -> Enum:
    try:
        return hint(value)
    except ValueError as error:
        raise BadFrame(f"no {hint.__name__}") from error


def _checked(value: object, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise BadFrame("a value of another type")
    return value


def _members(union: UnionType) -> dict[str, type]:
    return {kind.__name__: kind for kind in get_args(union)}


_KINDS = (
    _members(Request)
    | _members(Event)
    | {kind.__name__: kind for kind in (Hello, AskStatus, Status)}
)
