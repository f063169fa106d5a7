import errno
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import Client, LocalCluster, Scheduler, SpecCluster, Worker, get_worker
from distributed.comm import CommClosedError, get_address_host

from dscnn.cluster import head, lock, machines, worker
from dscnn.cluster.head import Task
from dscnn.cluster.machines import Workers
from dscnn.core.stage import Problem
from processes import until

TASKS = [Task(f"d-1-A-{seed}", ("prepare@d",)) for seed in range(1, 5)]
MANY = [Task(f"d-1-A-{seed}", ("prepare@d",)) for seed in range(10, 40)]
ANY = Workers({"DSCNN_THREADS": "2"})


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A scheduler and two workers, all in this process."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lock.write(lock.PATH, {"prepare@d": {"cmd": "prepare"}})
    return tmp_path


def noting(folder: Path, *failing: str, worst: int = 0) -> Any:
    """Return a stand-in for `worker.run` that notes its calls in `folder`; `failing` arms fail `worst` times."""

    def run(stages: Any, inputs: Any, variables: Any) -> dict[str, Any]:
        where, name = get_worker().address, stages[0].removeprefix("train@")
        calls = folder / name
        earlier = calls.read_text() if calls.exists() else ""
        calls.write_text(f"{earlier}{where} {json.dumps([stages, inputs, variables])}\n")
        if name in failing and len(earlier.splitlines()) < worst:
            return {"where": where, "host": "h", "failed": "it said \x1b[31mno"}
        entries = {stage: {"cmd": stage} for stage in stages}
        return {"where": where, "host": "h", "said": "A epoch 1/1: loss 0.5", "entries": entries}

    return run


def calls(folder: Path, task: Task) -> list[str]:
    return [line.split()[0] for line in (folder / task.name).read_text().splitlines()]


def test_each_arm_is_computed_once_and_noted(
    client: Client, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its stages, inputs and variables; a line each says how it ended."""
    monkeypatch.setattr(worker, "run", noting(here))
    assert head.compute(client, TASKS, ANY, "first") == {}
    assert set(lock.entries()) == {"prepare@d"} | {stage for task in TASKS for stage in task.stages}
    for task in TASKS:
        (line,) = (here / task.name).read_text().splitlines()
        assert json.loads(line.partition(" ")[2]) == [list(task.stages), ["prepare@d"], {"DSCNN_THREADS": "2"}]
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 4
    assert all(": 1/1: loss 0.5 (inproc://" in line for line in said)
    assert said[3].endswith(", 4 of 4)")
    assert not client.list_datasets()


def test_an_arm_that_failed_is_tried_again_by_another_worker(
    client: Client, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are not; the result counts."""
    failing = [task for task in MANY if int(task.name[-2:]) % 3]
    monkeypatch.setattr(worker, "run", noting(here, *(task.name for task in failing), worst=1))
    assert head.compute(client, MANY, ANY, "second") == {}
    assert [len(calls(here, task)) for task in MANY] == [2 if task in failing else 1 for task in MANY]
    assert all(first != second for first, second in (calls(here, task) for task in failing))
    assert all(f"train@{task.name}" in lock.entries() for task in MANY)


def test_an_arm_that_fails_again_is_named_with_its_log(
    client: Client, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what would steer a terminal; its entry is not in dvc.lock, those of the others are."""
    monkeypatch.setattr(worker, "run", noting(here, TASKS[0].name, worst=9))
    failures = head.compute(client, TASKS, ANY, "third")
    assert list(failures) == [TASKS[0].name]
    assert failures[TASKS[0].name].startswith("d-1-A-1, on inproc://")
    assert failures[TASKS[0].name].endswith(":\nit said \N{REPLACEMENT CHARACTER}[31mno")
    assert len(calls(here, TASKS[0])) == head.TRIES
    assert len(lock.entries()) == 1 + 2 * 3


def test_what_the_scheduler_knows_is_not_computed_again(
    client: Client, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a head was killed: its arms stay published. Those of another experiment are computed."""
    monkeypatch.setattr(worker, "run", noting(here))
    with monkeypatch.context() as killed:
        killed.setattr(client, "unpublish_dataset", lambda _: None)
        head.compute(client, TASKS[:2], ANY, "fourth")
    lock.write(lock.PATH, {})
    assert head.compute(client, TASKS, ANY, "fourth") == {}
    assert [len(calls(here, task)) for task in TASKS] == [1, 1, 1, 1]
    assert len(lock.entries()) == 8
    head.compute(client, TASKS[:1], ANY, "fifth")
    assert [len(calls(here, task)) for task in TASKS] == [2, 1, 1, 1]


def test_an_arm_that_is_noted_is_forgotten(client: Client, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once: else Dask would compute it again when the worker that has its result is lost."""
    known, go, end = client.cluster.scheduler.tasks, here / "go", time.monotonic() + 180
    noted, run = [], noting(here)

    def last_waits(stages: Any, inputs: Any, variables: Any) -> dict[str, Any]:
        while stages[0] == f"train@{TASKS[-1].name}" and not go.exists():
            time.sleep(0.01)
        return run(stages, inputs, variables)

    def watch() -> None:
        while len(noted) < 3 or len(known) > 1:
            if time.monotonic() > end:
                break
            time.sleep(0.01)
        go.write_text(f"{len(noted)} noted, {len(known)} known")

    add = lock.Notes.add
    monkeypatch.setattr(lock.Notes, "add", lambda self, found: (add(self, found), noted.append(found)))
    monkeypatch.setattr(worker, "run", last_waits)
    watching = threading.Thread(target=watch)
    watching.start()
    head.compute(client, TASKS, ANY, "seventh")
    watching.join()
    assert go.read_text() == "3 noted, 1 known"


@pytest.fixture
def own() -> Iterator[Client]:
    """A scheduler and two workers that may be closed."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_a_second_try_does_not_wait_for_workers_that_are_gone(
    own: Client, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was given to all but the first one; then that one may have it."""
    task, closed, run = TASKS[0], here / "closed", noting(here, TASKS[0].name, worst=1)

    def held(stages: Any, inputs: Any, variables: Any) -> dict[str, Any]:
        found = run(stages, inputs, variables)
        while len(calls(here, task)) == 2 and not closed.exists():
            time.sleep(0.01)
        return found

    def close() -> None:
        try:
            until(lambda: (here / task.name).exists() and len(calls(here, task)) == 2)
            (second,) = (each for each in own.cluster.workers.values() if each.address == calls(here, task)[1])
            own.cluster.sync(second.close, executor_wait=False)
        finally:
            closed.touch()

    monkeypatch.setattr(worker, "run", held)
    closing = threading.Thread(target=close)
    closing.start()
    assert head.compute(own, [task], ANY, "eighth") == {}
    closing.join()
    first, second, third = calls(here, task)
    assert first == third != second


def test_a_scheduler_that_goes_is_a_problem(own: Client, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done until then is in dvc.lock."""
    run, gone, noted = noting(here), here / "gone", []

    def held(stages: Any, inputs: Any, variables: Any) -> dict[str, Any]:
        while stages[0] == f"train@{TASKS[-1].name}" and not gone.exists():
            time.sleep(0.01)
        return run(stages, inputs, variables)

    def close() -> None:
        try:
            until(lambda: len(noted) == 3)
            own.cluster.sync(own.cluster.scheduler.close)
        finally:
            gone.touch()

    add = lock.Notes.add
    monkeypatch.setattr(lock.Notes, "add", lambda self, found: (add(self, found), noted.append(found)))
    monkeypatch.setattr(worker, "run", held)
    closing = threading.Thread(target=close)
    closing.start()
    with pytest.raises(Problem, match="the scheduler is gone; the same command goes on"):
        head.compute(own, TASKS, ANY, "ninth")
    closing.join()
    assert len(lock.entries()) == 7
    # as long is the scheduler looked for when the cluster is closed
    monkeypatch.setitem(dask.config.get("distributed.comm.timeouts"), "connect", "1 s")


@pytest.fixture
def apart() -> Iterator[Client]:
    """A scheduler, and a worker on each of two hosts: addresses of this machine."""

    def on(host: str, **more: object) -> dict[str, object]:
        return {"host": host, "port": 0, "dashboard_address": "127.0.0.1:0"} | more

    workers = {
        number: {"cls": Worker, "options": on(host, nthreads=1)}
        for number, host in enumerate(("127.0.0.1", "127.0.0.2"))
    }
    with SpecCluster(workers, {"cls": Scheduler, "options": on("127.0.0.1")}) as cluster, Client(cluster) as client:
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_arms_go_to_the_hosts_that_were_chosen(
    apart: Client, here: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """Also when each fails there once, and there is no other."""
    monkeypatch.setattr(worker, "run", noting(here, *(task.name for task in TASKS), worst=1))
    assert head.compute(apart, TASKS, Workers({}, [host]), "sixth") == {}
    assert {get_address_host(each) for task in TASKS for each in calls(here, task)} == {host}
    assert [len(calls(here, task)) for task in TASKS] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ("scheduler.json", "scheduler.json is neither an address"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"),
        ("nonsense://x", "no Dask scheduler answers at nonsense://x"),
    ],
)
def test_a_scheduler_that_is_not_there_is_a_problem(monkeypatch: pytest.MonkeyPatch, cluster: str, said: str) -> None:
    """Whether it is named by a file or an address."""
    monkeypatch.setattr(head, "ANSWER", 1)
    with pytest.raises(Problem, match=f"^CLUSTER: {said}"), head.connected(0, cluster):
        pass


@pytest.mark.parametrize("kind", [CommClosedError, TimeoutError, OSError])
def test_a_scheduler_that_goes_while_it_is_asked_is_a_problem(client: Client, kind: type[Exception]) -> None:
    """Whichever way Dask says so, as a plain `OSError` without a number too; another error passes."""
    said = "the scheduler is gone; the same command goes on once there is one again (its words)"
    address = client.cluster.scheduler_address
    with pytest.raises(Problem, match=f"^CLUSTER: {re.escape(said)}$"), head.connected(0, address):
        raise kind("its words")
    for other in (ValueError("another"), OSError(errno.ENOSPC, "another", "dvc.lock")):
        with pytest.raises(type(other), match="another"), head.connected(0, address):
            raise other


@pytest.mark.parametrize("call", ["brought", "agreed", "compute"])
def test_a_scheduler_that_was_given_up_is_a_problem(own: Client, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Whatever is asked of it then. A connected head waits a while until it gives it up."""
    calls = {
        "brought": lambda client: head.brought(client, 0),
        "agreed": lambda client: machines.agreed(client, (), "tenth"),
        "compute": lambda client: head.compute(client, TASKS, ANY, "tenth"),
    }

    def after_its_end(client: Client) -> None:
        own.cluster.sync(own.cluster.scheduler.close)
        until(lambda: client.status == "closed")
        calls[call](client)

    monkeypatch.setattr(head.experiment, "archive", lambda: b"")
    monkeypatch.setattr(head, "ANSWER", 1)
    monkeypatch.setitem(dask.config.get("distributed.comm.timeouts"), "connect", "1 s")
    with (
        pytest.raises(Problem, match=f"^{re.escape(head.GONE)}$"),
        head.connected(0, own.cluster.scheduler_address) as client,
    ):
        after_its_end(client)


def test_the_last_epoch_stands_for_a_training() -> None:
    """An arm that DVC took from its cache says so, and one that a worker had trained to its end before it was lost."""
    said = "Running stage\nA x1 seed 1 epoch 1/2: loss 2\nA x1 seed 1 epoch 2/2: loss 1\x07\nUpdating\n"
    assert head.last_line(said) == "2/2: loss 1\N{REPLACEMENT CHARACTER}"
    assert head.last_line("Stage 'train@x' is cached") == "from DVC's cache"
    assert head.last_line("resumes after epoch 2, from 1.npz\nUpdating\n") == "from the checkpoint of its end"
