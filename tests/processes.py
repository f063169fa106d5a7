"""Which processes run below another, for tests that stop one: any of them may end while it is looked at."""

import time
from collections.abc import Callable
from contextlib import suppress

import psutil


def below(number: int, fits: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """Return the processes that process `number` and those below it have started, and that `fits` takes."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for each in psutil.Process(number).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if fits(each):
                    found.append(each)
    return found


def ended(number: int) -> bool:
    """Whether process `number` has ended; one that its parent has not waited for has."""
    try:
        return psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until `holds` does; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
