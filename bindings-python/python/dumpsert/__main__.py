"""The command line: `python -m dumpsert` is the program `dumpsert`."""

import signal
import sys

from dumpsert import _core


def main() -> int:
    """Run the command line with the arguments of the process; return the exit status."""
    # As in the program itself, a signal ends the process; Python's own handler would wait for the end of the run.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _core.main(["dumpsert", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
