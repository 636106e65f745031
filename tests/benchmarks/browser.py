"""What headless Chromium shows of a page: DevTools commands through a pipe, no network."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from tempfile import TemporaryDirectory

from tests.closing import Closing

NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--window-size=800,1200",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
_ELSEWHERE = re.compile(r"<link\b[^>]*>|@import[^;]*;", re.IGNORECASE)
# The pipes must be descriptors 3 and 4 of the program (DevTools, --remote-debugging-pipe).
_START = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
    "os.execvp(sys.argv[3], sys.argv[3:])"
)
# Text nodes that cannot be seen are emptied before `innerText` puts the rest into lines; what
# is as bright as its ground may be shown, since we cannot be sure of the ground.
_SEEN = """(() => {
  const clear = (colour) => /^rgba.*, 0\\)$/.test(colour) || colour === 'transparent';
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const style = getComputedStyle(element);
      if (style.backgroundImage !== 'none') return null;
      if (!clear(style.backgroundColor)) return style.backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const gone = (element) => {
    for (; element; element = element.parentElement) {
      const style = getComputedStyle(element), box = element.getBoundingClientRect();
      if (style.opacity === '0') return true;
      const hides = style.overflowX !== 'visible' || style.overflowY !== 'visible';
      if (hides && (box.height <= 1 || box.width <= 1)) return true;
    }
    return false;
  };
  const body = document.body;
  if (!body) return ['', ''];
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const hidden = [], doubtful = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.nodeValue.trim()) continue;
    const parent = node.parentElement, style = getComputedStyle(parent);
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0 && box.height > 0);
    const off = boxes.every((box) => box.right < 0 || box.bottom < 0);
    const size = parseFloat(style.fontSize);
    if (parent.closest('select, svg')) hidden.push(node);
    else if (off || size <= 2 || style.visibility !== 'visible' || gone(parent)) hidden.push(node);
    else if (clear(style.color) || style.color === ground(parent)) doubtful.push(node);
  }
  const named = [...body.querySelectorAll('img, area, input, textarea, option')]
    .map((each) => [each.alt, each.value, each.placeholder, each.textContent].join(' '));
  for (const node of hidden) node.nodeValue = '';
  const all = body.innerText;
  for (const node of doubtful) node.nodeValue = ' ';
  return [body.innerText, all + ' ' + named.join(' ')];
})()"""


class NoBrowser(Exception):
    """There is no Chromium on this machine."""


class Browser(Closing):
    """One tab; every page is loaded into it in turn."""

    def __init__(self) -> None:
        program = next((path for name in NAMES if (path := shutil.which(name))), None)
        if program is None:
            raise NoBrowser(
                "This benchmark compares with Chromium, which is not installed"
                " (Debian: apt-get install chromium)."
            )
        self._folder = TemporaryDirectory(prefix="tmbrowser-")
        theirs_in, self._write_end = _pipe()
        self._read_end, theirs_out = _pipe()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", _START, str(theirs_in), str(theirs_out), program),
                *_OPTIONS,
                f"--user-data-dir={self._folder.name}",
            ],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._held = b""
        self._number = 0
        self._session = ""
        self._open_tab()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._write_end)
        os.close(self._read_end)
        self._folder.cleanup()

    def shown(self, html: str) -> tuple[str, str]:
        """The text that is surely seen, and all that may be seen, names of pictures included."""
        frame = self._call("Page.getFrameTree", "frameTree", "frame", "id")
        # What lies elsewhere does not come, and would be waited for.
        html = _ELSEWHERE.sub("", html)
        self._call("Page.setDocumentContent", frameId=frame, html=html)
        found = self._call(
            "Runtime.evaluate", "result", "value", expression=_SEEN, returnByValue=True
        )
        assert isinstance(found, list)
        return str(found[0]), str(found[1])

    def _open_tab(self) -> None:
        target = self._call("Target.createTarget", "targetId", url="about:blank")
        session = self._call("Target.attachToTarget", "sessionId", targetId=target, flatten=True)
        self._session = str(session)
        self._call("Page.enable")
        # The letter's own scripts; what is evaluated here still runs.
        self._call("Emulation.setScriptExecutionDisabled", value=True)

    def _call(self, method: str, *path: str, **parameters: object) -> object:
        """The value at `path` in the command's result."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        self._send(json.dumps(command).encode() + b"\0")
        while True:
            answer = json.loads(self._line())
            if answer.get("id") == self._number:
                break
        value: object = answer.get("result")
        for name in path:
            if not isinstance(value, dict):
                raise TypeError(f"{method} was answered by {answer}")
            value = value[name]
        return value

    def _send(self, message: bytes) -> None:
        while message:
            message = message[os.write(self._write_end, message) :]

    def _line(self) -> bytes:
        while b"\0" not in self._held:
            piece = os.read(self._read_end, 1 << 20)
            if not piece:
                raise EOFError("the browser ended")
            self._held += piece
        line, _, self._held = self._held.partition(b"\0")
        return line


def _pipe() -> tuple[int, int]:
    """Both ends, well above the numbers that the program wants."""
    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return high[0], high[1]
