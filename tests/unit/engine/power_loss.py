"""What a disk holds after the power went: every prefix of what a program did to it, replayed.

Bytes are safe once their file was synced, names once their folder was. What was not synced may
be there or not, name by name (security.md P7).
"""

import os
import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tuimail.backend.pop3.line import Line

Image = dict[Path, bytes]


@dataclass(eq=False, slots=True)
class Inode:
    content: bytes = b""
    safe: bytes = b""


@dataclass(frozen=True, slots=True)
class Written:
    inode: Inode
    data: bytes


@dataclass(frozen=True, slots=True)
class Synced:
    inode: Inode


@dataclass(frozen=True, slots=True)
class Named:
    """A name came (with an inode) or went."""

    path: Path
    inode: Inode | None


@dataclass(frozen=True, slots=True)
class FolderSynced:
    folder: Path


@dataclass(frozen=True, slots=True)
class Deleted:
    """DELE was sent for this number."""

    number: int


Event = Written | Synced | Named | FolderSynced | Deleted


@dataclass(slots=True)
class Recorder:
    """What this process did below `root`, in order, and which messages it had deleted."""

    root: Path
    events: list[Event] = field(default_factory=list)
    _files: dict[int, Inode] = field(default_factory=dict)
    _folders: dict[int, Path] = field(default_factory=dict)
    _names: dict[Path, Inode] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def recording(self) -> Iterator["Recorder"]:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("open", "write", "fsync", "link", "unlink", "close"):
                patch.setattr(os, name, self._watched(name, getattr(os, name)))
            send = Line.send

            def sending(line: Line, *commands: Any) -> None:
                for command in commands:
                    if command.line.startswith(b"DELE "):
                        self.events.append(Deleted(int(command.line.split()[1])))
                send(line, *commands)

            patch.setattr(Line, "send", sending)
            yield self

    def _watched(self, name: str, real: Any) -> Any:
        note = getattr(self, f"_note_{name}")

        def call(*args: Any, **kwargs: Any) -> Any:
            answer = real(*args, **kwargs)
            with self._turn:
                note(answer, *args)
            return answer

        return call

    def _note_open(self, descriptor: int, path: Any, flags: int, *_: Any) -> None:
        place = Path(os.fspath(path))
        if not place.is_relative_to(self.root):
            return
        if flags & os.O_DIRECTORY:
            self._folders[descriptor] = place
        elif flags & os.O_EXCL:
            inode = self._names[place] = self._files[descriptor] = Inode()
            self.events.append(Named(place, inode))

    def _note_write(self, count: int, descriptor: int, data: Any) -> None:
        if descriptor in self._files:
            self.events.append(Written(self._files[descriptor], bytes(data)[:count]))

    def _note_fsync(self, _: None, descriptor: int) -> None:
        if descriptor in self._files:
            self.events.append(Synced(self._files[descriptor]))
        elif descriptor in self._folders:
            self.events.append(FolderSynced(self._folders[descriptor]))

    def _note_link(self, _: None, source: Any, target: Any) -> None:
        inode = self._names.get(Path(source))
        if inode is not None:
            self._names[Path(target)] = inode
            self.events.append(Named(Path(target), inode))

    def _note_unlink(self, _: None, path: Any) -> None:
        if self._names.pop(Path(path), None) is not None:
            self.events.append(Named(Path(path), None))

    def _note_close(self, _: None, descriptor: int) -> None:
        self._files.pop(descriptor, None)
        self._folders.pop(descriptor, None)


def images(events: Sequence[Event], chance: random.Random) -> list[Image]:
    """What may be found: of what is not synced nothing, all, or something."""
    names: dict[Path, Inode] = {}
    doubtful: defaultdict[Path, list[Named]] = defaultdict(list)
    inodes: dict[Inode, None] = {}
    for event in events:
        match event:
            case Written(inode=inode, data=data):
                inodes[inode] = None
                inode.content += data
            case Synced(inode=inode):
                inode.safe = inode.content
            case Named(path=path):
                doubtful[path.parent].append(event)
            case FolderSynced(folder=folder):
                _apply(names, doubtful.pop(folder, []))
            case Deleted():
                pass
    left = [event for some in doubtful.values() for event in some]
    choices = [[], left, [event for event in left if chance.random() < 0.5]]
    found = []
    for chosen in choices:
        image = dict(names)
        _apply(image, chosen)
        found.append({path: inode.safe for path, inode in image.items()})
    for inode in inodes:
        inode.content = inode.safe = b""
    return found


def _apply(names: dict[Path, Inode], events: Sequence[Named]) -> None:
    for event in events:
        if event.inode is None:
            names.pop(event.path, None)
        else:
            names[event.path] = event.inode
