import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo

import tiny
from dscnn.cluster import arms, head, machines
from dscnn.cluster.head import Task
from dscnn.cluster.machines import Workers
from dscnn.core.stage import Problem

DUE = [
    Task(f"stripes-0.5-{name}", ("params", "prepare@stripes")) for name in ("Regular-2", "Separable-1", "Separable-2")
]


PIPELINE = """
stages:
  train:
    matrix: &arm
      {dataset: "${datasets}", width: "${widths}", architecture: "${architectures}", seed: "${seeds}"}
    cmd: mkdir -p models && cat code > models/${item.architecture}-${item.seed}
    deps: [code]
    params: [train]
    outs: ["models/${item.architecture}-${item.seed}"]
  evaluate:
    matrix: *arm
    cmd: mkdir -p scores && cat scorer > scores/${item.architecture}-${item.seed}
    deps: [scorer, "models/${item.architecture}-${item.seed}"]
    outs: ["scores/${item.architecture}-${item.seed}"]
"""


@pytest.fixture
def arms_that_ran(folder: Path) -> list[str]:
    """The names of two arms that real DVC ran, in the current folder, by stages of a line of shell each."""
    subprocess.run(["git", "init", "--quiet"], check=True)
    Repo.init(".").close()
    Path("dvc.yaml").write_text(PIPELINE)
    for name in ("code", "scorer"):
        Path(name).write_text("first\n")
    reproduce()
    return ["stripes-0.5-Regular-1", "stripes-0.5-Separable-1"]


def reproduce() -> None:
    with Repo(".") as repo:
        repo.reproduce()


def due() -> list[str]:
    return [task.name for task in arms.due()]


@pytest.mark.parametrize("what", ["train", "code", "scorer"])
def test_an_arm_that_was_edited_is_due_and_one_put_back_is_not(
    arms_that_ran: list[str], source: dict[str, Any], what: str
) -> None:
    """By a value, by the code of the training or of the evaluation; DVC then takes it from its run cache."""

    def edit(number: int) -> None:
        if what == "train":
            tiny.write_yaml(Path("params.yaml"), source | {"train": source["train"] | {"epochs": number}})
        else:
            Path(what).write_text(f"{number}\n")

    assert due() == []
    edit(7)
    assert due() == arms_that_ran
    assert due() == arms_that_ran, "a question changes nothing"
    reproduce()
    assert due() == []
    edit(8)
    reproduce()
    edit(7)
    assert due() == []


def test_an_arm_is_due_that_no_cache_has(
    arms_that_ran: list[str], source: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """A seed that is new, or outputs that were removed from the cache; what the cache has DVC lays out."""
    shutil.rmtree("models")
    capfd.readouterr()
    assert due() == []
    assert "is cached" not in capfd.readouterr().out, "nothing is laid out yet"
    shutil.rmtree(".dvc/cache/files")
    assert due() == arms_that_ran
    reproduce()
    assert due() == []
    tiny.write_yaml(Path("params.yaml"), source | {"seeds": [1, 2]})
    assert due() == [name.replace("-1", "-2") for name in arms_that_ran]
    Path("code").unlink()
    assert len(due()) == 4


@pytest.mark.usefixtures("arms_that_ran")
def test_what_dvc_has_against_the_pipeline_is_a_problem() -> None:
    """In its own words."""
    Path("dvc.yaml").write_text("stages: 3")
    with pytest.raises(Problem, match=r"^DVC: .*dvc\.yaml' validation failed; once that is mended"):
        arms.due()


@pytest.fixture
def failing() -> set[str]:
    """The commands of DVC that fail; a test adds to it."""
    return set()


@pytest.fixture
def asked(folder: Path, monkeypatch: pytest.MonkeyPatch, failing: set[str]) -> list[list[str]]:
    """What DVC is asked beside the arms that are due, DUE. Real DVC is in tests/test_cluster.py."""
    words: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        words.append(command[3:])
        failed = command[3] in failing
        return subprocess.CompletedProcess(command, failed, "", "no \x1b[1mremote\n" if failed else "")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(arms, "due", lambda: DUE)
    return words


@pytest.mark.usefixtures("asked")
def test_what_comes_before_the_arms_is_named() -> None:
    """The check of the parameters, and the images of each data set."""
    assert arms.upstream() == ["params", "prepare@stripes"]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What is done with Dask; the last arm fails. Real Dask is in tests/cluster/test_head.py."""
    calls: list[tuple[object, ...]] = []

    @contextmanager
    def connected(jobs: int, cluster: str) -> Iterator[str]:
        calls.append(("connected", jobs, cluster))
        yield "client"
        calls.append(("closed",))

    def compute(client: object, tasks: list[Task], workers: Workers, known_as: str) -> dict[str, str]:
        calls.append(("computed", client, [*tasks], workers, known_as))
        return {tasks[-1].name: "it said no"}

    monkeypatch.setattr(head, "connected", connected)
    monkeypatch.setattr(head, "brought", lambda client, jobs: f"the experiment, brought to {jobs} jobs")
    monkeypatch.setattr(head, "compute", compute)
    monkeypatch.setattr(machines, "agreed", lambda *words: calls.append(("agreed", *words)) or Workers({"of": "most"}))
    monkeypatch.setattr(machines, "of_this_machine", lambda: Workers({"of": "this machine"}))
    return calls


LAID_OUT = ["checkout", "--allow-missing", "train", "evaluate"]
REPLACED = ["checkout", "--allow-missing", "--force", "train", "evaluate"]


def test_arms_are_computed_on_this_machine(asked: list[list[str]], done: list[tuple[object, ...]]) -> None:
    """Those that are due, after what an earlier head left was laid out; then what the workers made is."""
    assert arms.compute(2, "") == {DUE[-1].name: "it said no"}
    known_as = "the experiment, brought to 2 jobs"
    assert done == [
        ("connected", 2, ""),
        ("computed", "client", DUE, Workers({"of": "this machine"}), known_as),
        ("closed",),
    ]
    assert asked == [LAID_OUT, REPLACED]


def test_arms_are_computed_on_a_cluster(asked: list[list[str]], done: list[tuple[object, ...]]) -> None:
    """Images go by the remote, what the workers made comes by it, and they agree on what `auto` is."""
    assert arms.compute(0, "tcp://a:1") == {DUE[-1].name: "it said no"}
    known_as = "the experiment, brought to 0 jobs"
    assert done == [
        ("connected", 0, "tcp://a:1"),
        ("agreed", "client", ["params", "prepare@stripes"], known_as),
        ("computed", "client", DUE, Workers({"of": "most"}), known_as),
        ("closed",),
    ]
    fetched = ["fetch", "--run-cache", "train", "evaluate"]
    assert asked == [fetched, LAID_OUT, ["push", "params", "prepare@stripes"], fetched, REPLACED]


def test_where_no_arm_is_due_no_worker_is_started(
    asked: list[list[str]], done: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is anything sent to a cluster."""
    monkeypatch.setattr(arms, "due", list)
    assert arms.compute(0, "tcp://a:1") == {}
    assert (done, [words[0] for words in asked]) == ([], ["fetch", "checkout"])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("fetch", "CLUSTER: what the workers made cannot be fetched from the DVC remote: no "),
        ("checkout", "what the workers made cannot be taken from DVC's cache: no "),
    ],
)
@pytest.mark.usefixtures("asked")
def test_what_the_workers_made_and_does_not_arrive_is_a_problem(
    done: list[tuple[object, ...]], failing: set[str], command: str, said: str
) -> None:
    """Before the arms are computed that was none: an earlier head may have left nothing."""
    failing.add(command)
    with pytest.raises(Problem, match=f"^{said}"):
        arms.compute(0, "tcp://a:1")
    assert done[-1] == ("closed",)


def test_without_a_remote_nothing_is_sent_to_a_cluster(asked: list[list[str]], failing: set[str]) -> None:
    """DVC's own words are shown, without what would steer a terminal."""
    failing.add("push")
    said = "CLUSTER: workers take the images from the DVC remote (docs/team.md): no \N{REPLACEMENT CHARACTER}[1mremote"
    with pytest.raises(Problem, match=f"^{re.escape(said)}$"):
        arms.compute(0, "tcp://127.0.0.1:1")
    assert [words[0] for words in asked] == ["fetch", "checkout", "push"]
