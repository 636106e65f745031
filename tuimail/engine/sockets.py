"""Unix sockets between processes of one user, in folders that nobody else can touch."""

import os
import socket
import stat
import struct
import sys
from pathlib import Path

from tuimail.engine.folders import make_private

BACKLOG = 64


class UnsafeSocket(Exception):
    """The socket's folder or its other end is not ours; the text is a sentence."""


def check_folder(folder: Path, *, create: bool = False) -> None:
    """Raises UnsafeSocket unless the folder is ours and closed to everybody else."""
    try:
        if create:
            make_private(folder)
        found = folder.lstat()
    except OSError as error:
        raise UnsafeSocket(f"There is no folder {folder}: {error.strerror}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UnsafeSocket(f"{folder} is not a folder of yours; somebody else made it.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise UnsafeSocket(f"{folder} is open to other users; its mode must be 0700.")


def listen(path: Path) -> socket.socket:
    """A socket at `path`, in place of what was there; its caller holds the data lock."""
    check_folder(path.parent, create=True)
    unready = path.with_suffix(".new")
    try:
        unready.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError as error:
        raise UnsafeSocket(f"The socket {path} cannot be made: {error.strerror}.") from error
    try:
        listening.bind(str(unready))
        unready.chmod(0o600)
        listening.listen(BACKLOG)
        listening.setblocking(False)
        unready.replace(path)
    except OSError as error:
        listening.close()
        raise UnsafeSocket(f"The socket {path} cannot be made: {error.strerror}.") from error
    return listening


def peer_is_me(peer: socket.socket) -> bool:
    """Whether the process at the other end is of the same user."""
    return _peer_uid(peer) == os.getuid()


def _peer_uid(peer: socket.socket) -> int:
    if sys.platform == "linux":
        size = struct.calcsize("3i")
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", credentials)[1])
    # The BSDs and macOS: LOCAL_PEERCRED gives a struct xucred (version, uid, groups).
    return int(struct.unpack_from("2I", peer.getsockopt(0, 1, 128))[1])
