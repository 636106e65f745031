"""A shell's job control and nothing else: `small_shell.py PID_FILE COMMAND…`.

When the command stops, a line typed at the terminal lets it go on in the foreground.
"""

import os
import signal
import subprocess
import sys
import termios
from pathlib import Path


def in_foreground() -> None:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)


def main() -> int:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    usual = termios.tcgetattr(0)
    child = subprocess.Popen(sys.argv[2:], preexec_fn=in_foreground)  # noqa: PLW1509 (one thread)
    Path(sys.argv[1]).write_text(str(child.pid))
    while True:
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        os.tcsetpgrp(0, os.getpgrp())
        termios.tcsetattr(0, termios.TCSANOW, usual)
        print("$ ", end="", flush=True)
        sys.stdin.readline()
        os.tcsetpgrp(0, child.pid)
        os.kill(-child.pid, signal.SIGCONT)


if __name__ == "__main__":
    sys.exit(main())
