"""`python3 -m tests bench [NAME…]`: runs the benchmarks named, or all of them.

`bench words FOLDER…` compares with a browser, over letters that are given, so it is not among all.
"""

import sys

from tests.benchmarks import beside, browser_words, drain, first_sync, screen

BENCHMARKS = {
    "start-up": screen.start_up,
    "keys": screen.keys,
    "terminal": beside.terminal,
    "arrivals": first_sync.arrivals,
    "first-sync": first_sync.first_sync,
    "drain": drain.drain,
}


def main(names: list[str]) -> int:
    if names and names[0] == "words":
        return browser_words.main(names[1:])
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    for name in names or BENCHMARKS:
        print(f"== {name}: {BENCHMARKS[name].__doc__}", flush=True)
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
