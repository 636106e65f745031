"""Fields of a sheet that are not at its top: somebody typed above them, or in between. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

FIELD = re.compile(r"(From|To|Cc|Bcc|Subject):(.*)", re.IGNORECASE)
_ORDER = ("from", "to", "cc", "bcc", "subject")
# What is quoted or forwarded has fields of its own.
_NOT_OURS = re.compile(r">|-{5,}|_{10,}")


class Gathered(NamedTuple):
    """The fields that were found, and the lines without them; `typed` stood above the last."""

    fields: Mapping[str, str]
    lines: Sequence[str]
    typed: Sequence[str]


class _Run(NamedTuple):
    """Fields with a line each that follow one another."""

    start: int
    end: int
    before: str
    fields: Mapping[str, str]


def gather(lines: Sequence[str], wanted: Mapping[str, str]) -> Gathered:
    """Look below the top for the fields in `wanted`, which are as we wrote them.

    A run of fields is ours if one of them is still as it was written, so that a letter may
    speak of other letters' fields.
    """
    found: dict[str, str] = {}
    typed: list[str] = []
    rest = list(lines)
    while run := _next_run(rest, {name: wanted[name] for name in wanted.keys() - found.keys()}):
        found |= run.fields
        typed += [*rest[: run.start], *([run.before] if run.before else [])]
        rest = rest[run.end :]
    if not found:
        return Gathered({}, lines, ())
    return Gathered(found, [*typed, *(rest[1:] if rest and not rest[0].strip() else rest)], typed)


def _next_run(lines: Sequence[str], wanted: Mapping[str, str]) -> _Run | None:
    for start, line in enumerate(lines):
        if _NOT_OURS.match(line):
            return None
        run = _run_at(lines, start, wanted)
        if run is not None:
            return run
    return None


def _run_at(lines: Sequence[str], start: int, wanted: Mapping[str, str]) -> _Run | None:
    before, first = _split(lines[start], wanted)
    fields: dict[str, str] = {}
    known = False
    end = start
    for line in (first, *lines[start + 1 :]):
        field = FIELD.fullmatch(line)
        name = field[1].lower() if field else ""
        if field is None or name not in wanted or not _follows(name, fields):
            break
        fields[name] = field[2].strip()
        known = known or _is_as_written(name, fields[name], wanted, alone=False)
        end += 1
    alone = len(fields) == 1
    if not fields or not (known or alone):
        return None
    if alone and not all(_is_as_written(*each, wanted, alone=True) for each in fields.items()):
        return None
    return _Run(start, end, before, fields)


def _split(line: str, wanted: Mapping[str, str]) -> tuple[str, str]:
    """What was typed right before a field in its line, and the field."""
    for name, value in wanted.items():
        written = f"{name.capitalize()}: {value}"
        if value and line != written and line.endswith(written):
            return line.removesuffix(written), written
    return "", line


def _follows(name: str, fields: Mapping[str, str]) -> bool:
    return not fields or _ORDER.index(name) > _ORDER.index(list(fields)[-1])


def _is_as_written(name: str, value: str, wanted: Mapping[str, str], *, alone: bool) -> bool:
    """Of an empty field that tells little, unless there is nothing else to go by."""
    return value == wanted[name] and (bool(value) or alone)
