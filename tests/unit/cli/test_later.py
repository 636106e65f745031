"""A module that is put off is itself once it is used."""

import subprocess
import sys

USED = """
import sys
from tuimail.cli.later import put_off
put_off("inspect")
import inspect as first, dataclasses
assert "ast" not in sys.modules
@dataclasses.dataclass
class Undocumented:
    number: int
assert Undocumented.__doc__ == "Undocumented(number: int)"
assert "ast" in sys.modules
import inspect as second
assert first.signature is second.signature
assert sys.modules["inspect"] is second and second.__spec__ is not None
from inspect import signature
assert signature is second.signature
try:
    first.nothing
except AttributeError:
    print("good")
"""


def test_it_is_loaded_at_its_first_use() -> None:
    done = subprocess.run([sys.executable, "-c", USED], capture_output=True, text=True, check=True)
    assert done.stdout == "good\n"


def test_what_is_loaded_stays() -> None:
    code = (
        "import inspect; from tuimail.cli.later import put_off;"
        "put_off('inspect'); import sys; print(sys.modules['inspect'] is inspect)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
