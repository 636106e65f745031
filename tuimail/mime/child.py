"""The parser's own process: `python -m tuimail.mime.child SECONDS BYTES`.

It reads frames from its standard input and answers them in order; it ends with its input.
A letter that takes too long or too much memory takes this process with it, and nothing else.
"""

import contextlib
import os
import resource
import signal
import struct
import sys
import time
from typing import BinaryIO

from tuimail.mime.codec import envelope_to_json
from tuimail.mime.header import envelope
from tuimail.mime.parse import parse
from tuimail.model.body import body_to_json

# Kind and length of a request, length of an answer.
REQUEST = struct.Struct("!cI")
ANSWER = struct.Struct("!I")
ENVELOPE = b"E"
BODY = b"B"
ALL_OF_BODY = b"A"
FLUSH = b"F"
READY = b"R"
FLUSH_SECONDS = 0.2
# What a pipe holds.
PIPE_BYTES = 64 * 1024


def main() -> None:
    """Answer until the input ends."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    _bound(memory)
    with open(0, "rb", PIPE_BYTES) as requests, open(1, "wb", PIPE_BYTES) as answers:
        answers.write(READY)
        answers.flush()
        _serve(requests, answers, seconds)


def _bound(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS knows no such bound
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _serve(requests: BinaryIO, answers: BinaryIO, seconds: float) -> None:
    flushed = time.monotonic()
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        kind, length = REQUEST.unpack(head)
        if kind != FLUSH:
            content = requests.read(length)
            if len(content) < length:
                return
            answer = _answer(kind, content, seconds)
            answers.write(ANSWER.pack(len(answer)) + answer)
        if kind == FLUSH or time.monotonic() - flushed > FLUSH_SECONDS:
            answers.flush()
            flushed = time.monotonic()


def _answer(kind: bytes, content: bytes, seconds: float) -> bytes:
    """The kernel ends the process when the time is up, whatever it is doing."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        if kind == ENVELOPE:
            return envelope_to_json(envelope(content))
        return body_to_json(parse(content, everything=kind == ALL_OF_BODY)).encode()
    except MemoryError:
        return b""
    except Exception as error:  # noqa: BLE001  the task ends here, and the letter gets a stub
        return f"!{type(error).__name__}".encode()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(1)
