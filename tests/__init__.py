"""The whole check (`python3 -m tests`) and everything it runs."""

import sys

# Before anything that an older Python cannot even read.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] + ".")
