"""The real head and scheduler with arms that sleep, on workers that are lost now and then.

    PYTHONPATH=src .venv/bin/python -m dscnn.tools.simulate ARMS WORKERS LOST

It says what an experiment of many arms would cost beside the trainings themselves: how much longer it takes than it
must, what the head and the scheduler compute, and how large dvc.lock gets.
"""

import os
import resource
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dask
import numpy as np
from distributed import Client, LocalCluster, get_worker

from dscnn.cluster import head, lock, worker
from dscnn.cluster.machines import Workers
from dscnn.core.stage import Problem, run

MEAN = 10.0  # seconds that an arm sleeps in the mean, evenly spread from half to one and a half
NOTICED = 0.5  # seconds after which a lost worker is replaced
DEPENDENCIES = 12  # of a stage, in dvc.lock


def slept(stages: Sequence[str], inputs: Sequence[str], variables: Mapping[str, str]) -> dict[str, Any]:
    """Stand for `worker.run`: sleep as long as the arm's number says, and return entries as long as real ones."""
    time.sleep(seconds(int(stages[0].rpartition("-")[2])))
    deps = [{"path": f"src/dscnn/{part}", "hash": "md5", "md5": "0" * 32, "size": 1} for part in range(DEPENDENCIES)]
    return {"where": get_worker().address, "said": "", "entries": {name: {"deps": deps} for name in stages}}


def seconds(number: int) -> float:
    return MEAN * float(np.random.default_rng(number).uniform(0.5, 1.5))


def lose(cluster: LocalCluster, workers: int, losses: int, over: float, done: threading.Event) -> None:
    """Close `losses` of the `workers`, evenly over the time `over`, each with an arm; another takes its place."""
    for number in range(losses):
        if done.wait(over / losses):
            return
        there = list(cluster.workers.values())
        cluster.sync(there[number % len(there)].close, executor_wait=False, nanny=False)
        done.wait(2 * NOTICED)
        cluster.scale(workers)


def count(name: str, given: str, least: int) -> int:
    """Return the argument `name`, `given` as a word, as a number."""
    if not given.isdecimal() or int(given) < least:
        raise Problem(f"{name}: {given}, should be a whole number, {least} or more")
    return int(given)


def main(arms: str, workers: str, losses: str) -> None:
    """Run so many arms on so many workers, of which some are lost; print what that took."""
    several, many, lost = count("ARMS", arms, 1), count("WORKERS", workers, 1), count("LOST", losses, 0)
    tasks = [head.Task(f"d-1-A-{number}", ("prepare@d",)) for number in range(several)]
    ideal = max(sum(seconds(number) for number in range(several)) / many, MEAN * 1.5)
    worker.run = slept
    with (
        tempfile.TemporaryDirectory() as folder,
        dask.config.set(
            {"distributed.scheduler.allowed-failures": 100, "distributed.deploy.lost-worker-timeout": NOTICED}
        ),
        LocalCluster(
            many,
            threads_per_worker=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            silence_logs="CRITICAL",
        ) as cluster,
        Client(cluster) as client,
    ):
        os.chdir(folder)
        lock.write(lock.PATH, {})
        done, start, used = threading.Event(), time.monotonic(), time.process_time()
        losing = threading.Thread(target=lose, args=(cluster, many, lost, ideal, done))
        losing.start()
        failures = head.compute(client, tasks, Workers({}), "simulation")
        took, used = time.monotonic() - start, time.process_time() - used
        done.set()
        losing.join()
        size = Path(lock.PATH).stat().st_size
    if failures:
        raise Problem(f"{len(failures)} arms failed: {next(iter(failures.values()))}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{arms} arms of {MEAN:g} s on {workers} workers, {losses} of which were lost: {took:.0f} s;")
    print(f"without a loss and any delay {ideal:.0f} s. Head, scheduler and workers used {used:.0f} s of a processor,")
    print(f"{memory:.0f} MB of memory; dvc.lock got {size / 1e6:.1f} MB.")


if __name__ == "__main__":
    run(main)
