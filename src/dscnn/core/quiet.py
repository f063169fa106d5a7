"""Output of native libraries, held back unless it matters."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# reads until its input ends, then prints the last of it; killed before, it prints nothing
_HOLDER = ("tail", "-c", "1000000")


@contextmanager
def held_back(stream: int) -> Iterator[None]:
    """Hold back what is written to file descriptor `stream` (1 or 2), by C++ too; show it if the block fails.

    A small process of its own holds the text. So it is shown too when a native library aborts this process.
    """
    for file in (sys.stdout, sys.stderr):
        file.flush()
    real = os.dup(stream)
    # a session of its own: Ctrl-C is for this process
    holder = subprocess.Popen(_HOLDER, stdin=subprocess.PIPE, stdout=real, start_new_session=True)
    assert holder.stdin
    os.dup2(holder.stdin.fileno(), stream)
    holder.stdin.close()
    failed = True
    try:
        yield
        failed = False
    finally:
        for file in (sys.stdout, sys.stderr):
            file.flush()
        if not failed:
            holder.kill()
        os.dup2(real, stream)
        os.close(real)
        holder.wait()
