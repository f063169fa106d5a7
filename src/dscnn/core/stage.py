"""How every stage starts and how it fails: typed `main` in, one clear line out."""

import argparse
import inspect
import sys
from collections.abc import Callable


class Problem(Exception):
    """What a person can mend: the text names the key or file, the value and the remedy."""


def printable(text: str) -> str:
    """Return `text` without what would steer a terminal: names of files and words of servers may hold that."""
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)


def run(main: Callable[..., None]) -> None:
    """Call `main` with the command line's words, one for each of its parameters; those with a default may be left out.

    A `Problem`, too little memory, or an error of the operating system (disk full, folder not writable) ends the
    process with one line and status 1; anything else is a defect and keeps its traceback.
    """
    parser = argparse.ArgumentParser(description=inspect.getdoc(main))
    for name, parameter in inspect.signature(main).parameters.items():
        if parameter.default is parameter.empty:
            parser.add_argument(name)
        else:
            parser.add_argument(name, nargs="?", default=parameter.default)
    try:
        main(**vars(parser.parse_args()))
    except Problem as problem:
        sys.exit(f"error: {printable(str(problem))}")
    except OSError as problem:
        sys.exit(printable(f"error: {problem.filename or 'a file'}: {problem.strerror or problem}"))
    except MemoryError as problem:
        sys.exit(f"error: not enough memory ({problem})")
    except KeyboardInterrupt:
        sys.exit("stopped")
