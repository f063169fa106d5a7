import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster, get_worker
from distributed.comm import get_address_host

from dscnn.cluster import machines, worker
from dscnn.cluster.machines import Workers
from dscnn.core import processor
from dscnn.core.stage import Problem
from processes import until


@pytest.fixture
def client() -> Iterator[Client]:
    """A scheduler and two workers, all in this process."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        yield client


def machine(**changed: object) -> dict[str, Any]:
    versions = {name: version(name) for name in machines.SOFTWARE}
    return {"device": "cpu", "threads": 4, "precision": "float32"} | versions | changed


def test_workers_are_found_by_their_host(client: Client) -> None:
    """All of them where no host is named; an address is no host."""
    both = machines.addresses(client)
    assert len(both) == 2
    assert machines.addresses(client, [get_address_host(both[0])]) == both
    assert machines.addresses(client, ["elsewhere"]) == machines.addresses(client, both) == []


def test_auto_is_what_it_is_on_most_workers() -> None:
    """Of several devices, those of the most common one alone have arms."""
    said = {"tcp://a:1": machine(), "tcp://b:1": machine(threads=8, precision="mixed_bfloat16")}
    same = machines.of_most(said | {"tcp://c:1": machine(threads=8)})
    assert same == Workers({"DSCNN_THREADS": "8", "DSCNN_PRECISION": "float32"})
    gpus = machine(device="H200", precision="mixed_bfloat16", threads=16)
    mixed = machines.of_most({"tcp://a:1": machine(), "tcp://b:1": gpus, "tcp://c:1": gpus})
    assert mixed == Workers({"DSCNN_THREADS": "16", "DSCNN_PRECISION": "mixed_bfloat16"}, ["b", "c"])


@pytest.mark.parametrize("name", machines.SOFTWARE)
def test_a_worker_with_other_versions_is_a_problem(name: str) -> None:
    """It is named, with both versions and what to do."""
    own = version(name)
    with pytest.raises(Problem, match=rf"^worker tcp://b:1 has {name} 1\.0, this machine {own}: 'make setup' there"):
        machines.of_most({"tcp://a:1": machine(), "tcp://b:1": machine(**{name: "1.0"})})


def test_a_worker_is_asked_what_it_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by itself."""
    monkeypatch.setattr(worker, "machine", lambda inputs: machine(threads=len(inputs)))
    assert machines.agreed(client, ["params", "prepare@d"], "0123").variables["DSCNN_THREADS"] == "2"


def test_auto_on_one_machine_is_that_of_a_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's share of the processors does not count, since the weights' last bits would differ."""
    monkeypatch.setattr(processor, "cores", lambda: 5)
    assert machines.of_this_machine() == Workers({"DSCNN_THREADS": "5"})


def test_without_a_worker_the_command_that_starts_one_is_named() -> None:
    """A scheduler alone computes nothing."""
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
        pytest.raises(Problem, match="no worker has joined: 'make worker' starts one"),
    ):
        machines.agreed(client, [], "0123")


def test_what_was_agreed_stays_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that was started again asks no one: workers answer after their arm. Another experiment is agreed anew."""
    monkeypatch.setattr(worker, "machine", lambda inputs: machine(threads=len(inputs)))
    first = machines.agreed(client, ["a"], "0123")
    assert machines.agreed(client, ["a", "b"], "0123") == first
    client.set_metadata(["dscnn", "what auto is for 0123"], [{}, ["a-host-that-left"]])
    assert machines.agreed(client, ["a", "b", "c"], "0123").variables["DSCNN_THREADS"] == "3"
    assert machines.agreed(client, ["a", "b"], "4567").variables["DSCNN_THREADS"] == "2"


def test_a_worker_that_cannot_say_has_no_vote(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its words are shown; when none can, that is a problem."""
    bad = machines.addresses(client)[0]

    def asked(inputs: list[str]) -> dict[str, Any]:
        if get_worker().address == bad or not inputs:
            raise RuntimeError("the remote refuses\x1b[2J")
        return machine()

    monkeypatch.setattr(worker, "machine", asked)
    assert machines.agreed(client, ["params"], "0123") == Workers({"DSCNN_THREADS": "4", "DSCNN_PRECISION": "float32"})
    said = capsys.readouterr().out
    assert f"worker {bad} cannot compute:\nthe remote refuses\N{REPLACEMENT CHARACTER}[2J\n1 of 1 workers: cpu" in said
    with pytest.raises(Problem, match="no worker can compute"):
        machines.agreed(client, [], "4567")


def test_a_worker_that_is_lost_while_it_is_asked_is_not_waited_for(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other one is, and what it says counts."""
    lost, other = machines.addresses(client)
    (losing,) = (each for each in client.cluster.workers.values() if each.address == lost)
    begun, closed = tmp_path / "begun", tmp_path / "closed"

    def asked(inputs: list[str]) -> dict[str, Any]:
        if get_worker().address == lost:
            begun.touch()
            until(closed.exists)
        return machine()

    def close() -> None:
        try:
            until(begun.exists)
            client.cluster.sync(losing.close, executor_wait=False)
        finally:
            closed.touch()

    monkeypatch.setattr(worker, "machine", asked)
    closing = threading.Thread(target=close)
    closing.start()
    assert machines.agreed(client, [], "0123").hosts is None
    assert machines.addresses(client) == [other]
    assert capsys.readouterr().out == "1 of 1 workers: cpu, 4 threads, float32\n"
    closing.join()
