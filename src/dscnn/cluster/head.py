"""The head: it gives each arm to a worker of a Dask cluster, and puts what comes back into dvc.lock.

Dask's scheduler gives the arms of a worker that was lost to another one. It knows an arm by its name and by the
experiment, so a head that was killed and started again finds the arms that run. One that is noted is forgotten there:
as long as anyone wants a result that lies with a worker, Dask would compute it again if that worker is lost.
"""

import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle
import dask
from distributed import Client, Future, LocalCluster, as_completed
from tqdm import tqdm

from dscnn.cluster import checkpoint, experiment, lock, machines, worker
from dscnn.cluster.machines import Workers
from dscnn.core.stage import Problem, printable

TRIES = 2  # of an arm that fails, the second on another worker if there is one
ANSWER = 30  # seconds in which a scheduler should answer
GONE = "CLUSTER: the scheduler is gone; the same command goes on once there is one again"


class Task(NamedTuple):
    """An arm to be trained and evaluated, by its name in DVC (D-W-A-S), and the stages whose outputs it reads."""

    name: str
    inputs: tuple[str, ...]

    @property
    def stages(self) -> tuple[str, ...]:
        return f"train@{self.name}", f"evaluate@{self.name}"


@contextmanager
def connected(jobs: int, cluster: str) -> Iterator[Client]:
    """Connect to the scheduler `cluster`, an address or a scheduler file, or start `jobs` workers on this machine."""
    if cluster:
        where = {"address": cluster} if "://" in cluster else {"scheduler_file": cluster}
        if "://" not in cluster and not Path(cluster).is_file():
            raise Problem(f"CLUSTER: {cluster} is neither an address (tcp://host:8786) nor a scheduler's file")
        try:
            client = Client(**where, timeout=ANSWER)
        except (OSError, ValueError) as error:
            raise Problem(f"CLUSTER: no Dask scheduler answers at {cluster} ({error})") from None
        with client:
            try:
                yield client
            except OSError as error:  # of Dask's, which has no number, or a connection that timed out
                if error.errno is not None and not isinstance(error, TimeoutError):
                    raise
                raise Problem(f"{GONE} ({error})") from None
            except Problem:
                raise
            except Exception:
                if client.status == "running":
                    raise
                # Dask has given up the scheduler, or looks for it; meanwhile its calls fail in many ways
                raise Problem(GONE) from None
        return
    # a worker that is killed costs one of an arm's lives, and the arm is not to blame
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 100}),
        LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",
            silence_logs="CRITICAL",
        ) as local,
        Client(local) as client,
    ):
        yield client


def brought(client: Client, jobs: int) -> str:
    """Bring the experiment to all workers, also to those that come later; return a name for it."""
    for module in (worker, checkpoint):
        cloudpickle.register_pickle_by_value(module)
    copy = worker.Copy(experiment.archive(), jobs, remote=not jobs)
    client.register_plugin(copy)
    return copy.known_as


def compute(client: Client, tasks: Sequence[Task], workers: Workers, known_as: str) -> dict[str, str]:
    """Compute `tasks`, and note each in dvc.lock when it is done; return what was said of those that failed, by name.

    `known_as` is the experiment's name: an arm that the scheduler knows of it is not computed again.
    """
    failures: dict[str, str] = {}
    notes, tries = lock.Notes(), Tries(client, workers, known_as)
    futures = [tries.first(task) for task in tasks]
    client.publish_dataset({future.key: future for future in futures}, override=True)  # so that they outlive this head
    waiting, done = as_completed(futures), 0
    futures.clear()
    with notes, tqdm(total=len(tasks), desc="arms", unit="arm", disable=not sys.stderr.isatty()) as bar:
        while not waiting.is_empty():
            if not waiting.has_ready():
                time.sleep(machines.PAUSE)
                tries.give_up()
                continue
            future = next(waiting)
            task, attempt = tries.of[future.key]
            if future.status == "cancelled":
                waiting.add(tries.anywhere(future.key))
                continue
            found, where = outcome(future)
            client.unpublish_dataset(future.key)
            future.release()  # this loop's own hold on it, until the next one is done
            if "entries" in found:
                done += 1
                notes.add(found["entries"])
                client.set_metadata(checkpoint.place(task.name, known_as), None)  # its checkpoint may go
                tqdm.write(f"{task.name}: {last_line(found['said'])} ({where}, {done} of {len(tasks)})")
            elif attempt < TRIES:
                tqdm.write(f"{task.name}: failed on {where}; it is tried again")
                waiting.add(tries.elsewhere(task, attempt + 1, where))
                continue
            else:
                failures[task.name] = f"{task.name}, on {where}:\n{printable(found['failed'])}"
            bar.update()
    return failures


class Tries:
    """The arms as the scheduler was given them: `of` has, by the key there, an arm and which try of it that is.

    Second tries are those that only some workers may have. Dask waits for these without end, also when all are gone.
    """

    def __init__(self, client: Client, workers: Workers, known_as: str) -> None:
        self.client, self.workers, self.known_as = client, workers, known_as
        self.of: dict[str, tuple[Task, int]] = {}
        self.bound: list[tuple[Future, set[str]]] = []  # to some workers
        self.given_up: set[str] = set()  # keys

    def first(self, task: Task) -> Future:
        return self._submit(task, 1, self.workers.hosts)

    def elsewhere(self, task: Task, attempt: int, where: str) -> Future:
        """Try again on another worker than `where`, if there is one."""
        others = [each for each in machines.addresses(self.client, self.workers.hosts) if each != where]
        future = self._submit(task, attempt, others or self.workers.hosts)
        if others:
            self.bound.append((future, {*others}))
        return future

    def anywhere(self, key: str) -> Future:
        """Give what was cancelled to any worker; raises `Problem` where the scheduler did that, rather than we."""
        if key not in self.given_up:
            raise Problem(GONE)
        return self._submit(*self.of[key], self.workers.hosts, ", anywhere")

    def give_up(self) -> None:
        """Cancel those whose workers are all gone."""
        self.bound = [each for each in self.bound if each[0].status == "pending"]
        there = {*machines.addresses(self.client)} if self.bound else set()
        for future, places in self.bound:
            if not places & there:
                self.given_up.add(future.key)
                future.cancel()

    def _submit(self, task: Task, attempt: int, places: list[str] | None, how: str = "") -> Future:
        key = f"{task.name} of {self.known_as}, try {attempt}{how}"
        self.of[key] = task, attempt
        arguments = task.stages, task.inputs, self.workers.variables
        return self.client.submit(worker.carried(worker.run), *arguments, key=key, workers=places, retries=0)


def outcome(future: Future) -> tuple[dict[str, Any], str]:
    """Return what a worker returned and where, or why there is nothing."""
    if future.status == "finished":
        found = future.result()
        return found, found["where"]
    error = future.exception()
    return {"failed": str(error)}, getattr(getattr(error, "last_worker", None), "address", "a worker that was lost")


def last_line(said: str) -> str:
    """Return the last epoch's line of what DVC said of an arm, or what it was taken from."""
    if lines := re.findall(r" epoch (\d+/\d+: .*)", said):
        return printable(lines[-1])
    return "from the checkpoint of its end" if "resumes after epoch" in said else "from DVC's cache"
