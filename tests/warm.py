"""A Python that has already imported what takes long, and forks for each stage: the pipeline's tests start hundreds.

    python warm.py serve SOCKET [MODULE ...]       imports each MODULE, then those of SLOW, then waits
    python warm.py run SOCKET PROGRAM [WORD ...]   runs PROGRAM there, as if it had been started here

What runs is a process of its own, with this one's folder, environment, words and open files. No module of the project
is in SLOW: it imports them from where it runs, so an edited copy is the code that runs. Without a server it runs here,
and so does what a test may kill: that is below DVC then.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path

# what stages without TensorFlow import of others and takes more than 5 ms, with what pydantic imports late of its own
SLOW = (
    "numpy", "pandas", "scipy.stats", "matplotlib.pyplot", "requests", "ruamel.yaml", "yaml", "filelock", "fsspec",
    "jinja2", "markdown_it", "PIL.ImageDraw", "psutil", "tenacity", "tqdm", "pydantic.fields", "pydantic.json_schema",
    "pydantic.type_adapter",
)  # fmt: skip
DVC = (
    "dvc.cli.parser", "dvc.repo.reproduce", "dvc.commands.repro", "dvc.commands.checkout", "networkx", "dulwich.client",
    "scmrepo.git", "pygit2", "configobj",
)  # fmt: skip
FILES = (0, 1, 2)
ENOUGH = 2**20  # bytes of a request: folder, environment and words


def serve(path: str, first: list[str]) -> None:
    """Wait at the socket `path`, and fork for each program, until this process is stopped."""
    before = dict(os.environ)
    for name in (*first, *SLOW):
        importlib.import_module(name)
    # a module that sets variables as it is imported (dscnn.core.device) is not imported again in a child
    said = {name: value for name, value in os.environ.items() if before.get(name) != value}
    gc.freeze()  # what is imported stays, so that no child looks for garbage there
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no child is left behind as a zombie
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        while True:
            connection, _ = server.accept()
            if not os.fork():
                server.close()
                os._exit(answer(connection, said))
            connection.close()


def answer(connection: socket.socket, said: dict[str, str]) -> int:
    """Run the program that was asked for, with the variables `said` beside its own, and send its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, files, *_ = socket.recv_fds(connection, ENOUGH, len(FILES))
    for given, wanted in zip(files, FILES, strict=True):
        os.dup2(given, wanted)
        os.close(given)
    asked = json.loads(request)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(said | asked["environment"])
    status = 1
    try:
        started(asked["words"])
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(bytes([status]))
    return status


def started(words: list[str]) -> None:
    """Run the program of `words` in this process."""
    sys.argv = words
    sys.path[0] = str(Path(words[0]).parent)
    sys.path[1:1] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    runpy.run_path(words[0], run_name="__main__")


def run(path: str, words: list[str]) -> int:
    """Return the exit status of the program of `words`, which the server at the socket `path` runs."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        request = {"folder": str(Path.cwd()), "environment": dict(os.environ), "words": words}
        socket.send_fds(connection, [json.dumps(request).encode()], FILES)
        status = connection.recv(1)
    return status[0] if status else 1


if __name__ == "__main__":
    what, where, *program = sys.argv[1:]
    if what == "serve":
        serve(where, program)
    elif Path(where).exists() and not {"SLOW", "WAITS"} & set(os.environ):
        sys.exit(run(where, program))
    else:
        started(program)
