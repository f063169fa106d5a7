"""The head: it gives each arm to a worker of a Dask cluster, and puts what comes back into dvc.lock.

Dask's scheduler gives the arms of a worker that was lost to another one. It knows an arm by its name and by the
experiment, so a head that was killed and started again finds the arms that run. One that is noted is forgotten there:
as long as anyone wants a result that lies with a worker, Dask would compute it again if that worker is lost.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle
import dask
from distributed import Client, Future, LocalCluster, as_completed
from tqdm import tqdm

from dscnn.cluster import checkpoint, experiment, lock, worker
from dscnn.core import processor
from dscnn.core.stage import Problem, printable

TRIES = 2  # of an arm that fails, the second on another worker if there is one
ANSWER = 30  # seconds in which a scheduler should answer
SOFTWARE = ("tensorflow", "keras")  # versions that all workers must share with the head


class Task(NamedTuple):
    """An arm to be trained and evaluated, by its name in DVC (D-W-A-S), and the stages whose outputs it reads."""

    name: str
    inputs: tuple[str, ...]

    @property
    def stages(self) -> tuple[str, ...]:
        return f"train@{self.name}", f"evaluate@{self.name}"


class Workers(NamedTuple):
    """What the arms are computed with: variables for their processes, and the workers that may have them (all)."""

    variables: Mapping[str, str]
    addresses: list[str] | None = None


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
            yield client
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


def agreed(client: Client, inputs: Sequence[str]) -> Workers:
    """Return what `auto` stands for on all workers: what it is on most of those that have the most common device.

    Raises `Problem` when there is no worker, or one with other versions than the head.
    """
    addresses = list(client.scheduler_info(n_workers=-1)["workers"])
    if not addresses:
        raise Problem("CLUSTER: no worker has joined: 'make worker' starts one (docs/team.md)")
    asked = [client.submit(carried(worker.machine), inputs, workers=[address], pure=False) for address in addresses]
    return of_most(dict(zip(addresses, client.gather(asked), strict=True)))


def of_most(machines: Mapping[str, Mapping[str, Any]]) -> Workers:
    """Choose for `agreed` from what stage machine says of each worker."""
    for address, found in machines.items():
        for name in SOFTWARE:
            if found[name] != version(name):
                raise Problem(
                    f"worker {address} has {name} {found[name]}, this machine {version(name)}: 'make setup' there, with"
                    " this version of the project, brings the same"
                )

    def common(name: str, among: Sequence[Mapping[str, Any]]) -> Any:
        return Counter(found[name] for found in among).most_common(1)[0][0]

    device = common("device", list(machines.values()))
    own = {address: found for address, found in machines.items() if found["device"] == device}
    chosen = {name: str(common(name, list(own.values()))) for name in ("threads", "precision")}
    print(f"{len(own)} of {len(machines)} workers: {device}, {chosen['threads']} threads, {chosen['precision']}")
    variables = {f"DSCNN_{name.upper()}": value for name, value in chosen.items()}
    return Workers(variables, list(own) if len(own) < len(machines) else None)


def of_this_machine() -> Workers:
    """Return what `auto` stands for on this machine; a worker's share of the processors does not count."""
    return Workers({"DSCNN_THREADS": str(processor.cores())})


def compute(client: Client, tasks: Sequence[Task], workers: Workers, known_as: str) -> dict[str, str]:
    """Compute `tasks`, and note each in dvc.lock when it is done; return what was said of those that failed, by name.

    `known_as` is the experiment's name: an arm that the scheduler knows of it is not computed again.
    """
    failures: dict[str, str] = {}
    notes = lock.Notes()
    of: dict[str, tuple[Task, int]] = {}

    def submit(task: Task, attempt: int, addresses: list[str] | None) -> Future:
        key = f"{task.name} of {known_as}, try {attempt}"
        of[key] = task, attempt
        arguments = task.stages, task.inputs, workers.variables
        return client.submit(carried(worker.run), *arguments, key=key, workers=addresses, retries=0)

    futures = [submit(task, 1, workers.addresses) for task in tasks]
    client.publish_dataset({future.key: future for future in futures}, override=True)  # so that they outlive this head
    waiting, done = as_completed(futures), 0
    futures.clear()
    with notes, tqdm(total=len(tasks), desc="arms", unit="arm", disable=not sys.stderr.isatty()) as bar:
        for future in waiting:
            task, attempt = of[future.key]
            found, where = outcome(future)
            client.unpublish_dataset(future.key)
            future.release()  # this loop's own hold on it, until the next one is done
            if "entries" in found:
                done += 1
                notes.add(found["entries"])
                client.set_metadata(checkpoint.place(task.name, known_as), None)  # its checkpoint may go
                tqdm.write(f"{task.name}: {last_line(found['said'])} ({where}, {done} of {len(tasks)})")
            elif attempt < TRIES:
                others = [each for each in workers.addresses or workers_of(client) if each != where]
                tqdm.write(f"{task.name}: failed on {where}; it is tried again")
                waiting.add(submit(task, attempt + 1, others or workers.addresses))
                continue
            else:
                failures[task.name] = f"{task.name}, on {where}:\n{printable(found['failed'])}"
            bar.update()
    return failures


def carried(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` such that it travels by value: Dask takes plain pickle where it can, by name, and here not."""

    def call(*arguments: Any) -> Any:
        return function(*arguments)

    return call


def outcome(future: Future) -> tuple[dict[str, Any], str]:
    """Return what a worker returned and where, or why there is nothing."""
    if future.status == "finished":
        found = future.result()
        return found, found["where"]
    error = future.exception()
    return {"failed": str(error)}, getattr(getattr(error, "last_worker", None), "address", "a worker that was lost")


def workers_of(client: Client) -> list[str]:
    return list(client.scheduler_info(n_workers=-1)["workers"])


def last_line(said: str) -> str:
    """Return the last epoch's line of what DVC said of an arm; none if it was taken from the cache."""
    lines = [line for line in said.splitlines() if " epoch " in line]
    return printable(lines[-1].partition(" epoch ")[2]) if lines else "from DVC's cache"
