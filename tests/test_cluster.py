"""`make repro` with JOBS and CLUSTER, by real DVC and real Dask: the results of one arm after another, each once."""

import itertools
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from configobj import ConfigObj
from distributed import Client
from moto.server import ThreadedMotoServer

from pipeline import CODE, DVC, ENVIRONMENT, Experiment, ran, with_stand_ins
from processes import below
from test_experiments import clone
from test_missing import report, repro, three_seeds

NEW = sorted(f"stripes-0.5-{name}-{seed}" for name in ("Regular", "Separable") for seed in (2, 3))


def trainings(experiment: Experiment) -> list[str]:
    """Return the arms whose training came to its end, in order, each as often as it did."""
    log = experiment.folder.parent / "templates/trained"
    return sorted(log.read_text().split()) if log.exists() else []


@pytest.fixture(scope="module")
def serial(finished: Experiment, server: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one arm after another makes of three seeds, in a copy of the experiment."""
    folder = tmp_path_factory.mktemp("serial")
    other = with_stand_ins(finished.copied(folder / "project"), folder / "templates", server)
    other.edit(three_seeds)
    other.repro()
    assert trainings(other) == NEW
    return other.files()


def jobs(experiment: Experiment, number: str = "2", cluster: str = "", **environment: str) -> Any:
    settings = [f"{name}={value}" for name, value in {"PYTHONPATH": CODE, **environment}.items()]
    return experiment.command("env", *settings, sys.executable, "-m", "dscnn.tools.repro", number, cluster)


def test_an_arm_that_fails_is_named_and_the_rest_reported(experiment: Experiment) -> None:
    """Its log is shown, the others are in the report; the cause gone, it runs alone."""
    experiment.edit(three_seeds)
    done = jobs(experiment, FAILS="train@stripes-0.5-Separable-3")
    assert done.returncode == 1
    assert "stripes-0.5-Separable-3, on tcp://" in done.stderr
    assert "error: it was told to fail" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        "error: 1 arm failed (stripes-0.5-Separable-3). metrics/report.md has"
    )
    assert "- stripes, width 0.5: Separable seed 3\n" in report(experiment)
    assert trainings(experiment) == NEW[:-1]
    whole = repro(experiment)
    assert ran(whole.stdout) == ["train@stripes-0.5-Separable-3", "evaluate@stripes-0.5-Separable-3", "manifest",
                                 "compare", "report"]  # fmt: skip


def trained_by_workers(said: str) -> list[str]:
    return re.findall(r"^(\S+): .*, \d of \d+\)$", said, re.MULTILINE)


def test_an_edit_of_what_has_run_is_trained_by_workers(experiment: Experiment) -> None:
    """As a first run is; the value put back comes from the run cache, without them."""
    experiment.edit(lambda source: source["train"].update(epochs=2))
    done = jobs(experiment)
    assert done.returncode == 0, done.stderr
    first = ["stripes-0.5-Regular-1", "stripes-0.5-Separable-1"]
    assert sorted(trained_by_workers(done.stdout)) == trainings(experiment) == first
    assert not [stage for stage in ran(done.stdout) if stage.startswith(("train@", "evaluate@"))]
    experiment.edit(lambda source: source["train"].update(epochs=1))
    back = jobs(experiment)
    assert (back.returncode, trained_by_workers(back.stdout)) == (0, [])
    assert trainings(experiment) == first


def test_after_the_cache_has_moved_the_arms_are_made_anew(experiment: Experiment) -> None:
    """What lies here, and is in no cache now, is replaced without a question, as 'dvc repro' does."""
    assert experiment.dvc("cache", "dir", "--local", "../cache2").returncode == 0
    experiment.edit(lambda source: source["train"].update(epochs=2))
    done = jobs(experiment)
    assert done.returncode == 0, done.stderr
    assert len(trained_by_workers(done.stdout)) == 2
    assert experiment.repro() == []


def works(process: psutil.Process) -> bool:
    """Whether `process` is one of the workers."""
    command = process.cmdline()
    return any("spawn_main" in word for word in command) or "dask" in " ".join(command[:3])


def trains(process: psutil.Process) -> bool:
    return "dscnn.stages.train" in " ".join(process.cmdline())


def held_back(training: psutil.Process, experiment: Experiment) -> bool:
    """Halt `training`; whether it has not come to its end before that. One that has goes on."""
    try:
        training.suspend()
        if "-".join(training.cmdline()[-4:]) not in trainings(experiment):
            return True
        training.resume()
    except psutil.NoSuchProcess:
        pass
    return False


def test_two_jobs_make_what_one_after_another_makes(experiment: Experiment, serial: dict[str, str]) -> None:
    """Though two workers are killed: each new arm comes to its end once, and then DVC has nothing left to do."""
    experiment.edit(three_seeds)
    words = [sys.executable, "-m", "dscnn.tools.repro", "2", ""]
    environment = ENVIRONMENT | {"PYTHONPATH": CODE, "SLOW": "3"}
    killed = 0
    with subprocess.Popen(
        words, cwd=experiment.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        end = time.monotonic() + 180
        while killed < 2 and process.poll() is None and time.monotonic() < end:
            for each in below(process.pid, works):
                if any(held_back(training, experiment) for training in below(each.pid, trains)):
                    each.kill()
                    killed += 1
                    break
            time.sleep(0.2)
        assert process.stdout
        said = process.stdout.read()
    assert (process.returncode, killed) == (0, 2), said
    assert trainings(experiment) == NEW
    assert not [stage for stage in ran(said) if stage.startswith(("train@", "evaluate@"))]
    assert experiment.files() == serial
    lines = re.findall(r"^(\S+): .*, (\d) of 4\)$", said, re.MULTILINE)
    assert (sorted(name for name, _ in lines), [number for _, number in lines]) == (NEW, ["1", "2", "3", "4"])
    again = jobs(experiment)
    assert (again.returncode, ran(again.stdout)) == (0, [])
    put_back(experiment)


def put_back(experiment: Experiment) -> None:
    """The run cache has what the workers made: seeds that go and come back train nothing."""
    experiment.edit(lambda source: source.update(seeds=[1]))
    experiment.repro()
    experiment.edit(three_seeds)
    assert not [stage for stage in experiment.repro() if "@" in stage]


@contextmanager
def started(folder: Path, *words: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in the background, with a home of its own; it is ended with the block."""
    own, pipe = ENVIRONMENT | {"HOME": str(folder)} | environment, subprocess.PIPE
    with subprocess.Popen(words, cwd=folder, env=own, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:
        reader = threading.Thread(target=lambda: [None for _ in process.stdout or ()])
        reader.start()
        try:
            yield process
        finally:
            process.terminate()
            process.wait(180)
            reader.join(180)


@pytest.fixture
def store(experiment: Experiment) -> Iterator[None]:
    """A remote of the experiment: a bucket of an S3 server on this machine."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    secret = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    address = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=address, **secret).create_bucket(Bucket="store")
    settings = ConfigObj(str(experiment.folder / ".dvc/config"))  # as five commands of DVC would write it
    settings["core"]["remote"] = "store"
    settings['remote "store"'] = {
        "url": "s3://store/dscnn", "endpointurl": address, "access_key_id": "key", "secret_access_key": "secret",
        "region": "us-east-1",
    }  # fmt: skip
    settings.write()
    yield
    server.stop()


@pytest.fixture
def cluster(experiment: Experiment, store: None, tmp_path: Path) -> Iterator[str]:
    """A scheduler's file, and a worker in each of two clones that have no data."""
    experiment.edit(three_seeds)
    experiment.commit("three seeds, and a remote")
    dask, file = str(DVC.with_name("dask")), tmp_path / "scheduler.json"
    homes = [clone(experiment, tmp_path / name).folder for name in ("one", "two")]
    known = ("--scheduler-file", str(file), "--no-dashboard")
    worker = (dask, "worker", *known, "--nthreads", "1")
    scheduler = (dask, "scheduler", *known, "--host", "127.0.0.1", "--port", "0")
    with started(tmp_path, *scheduler), started(homes[0], *worker, SLOW="1"), started(homes[1], *worker, SLOW="1"):
        with Client(scheduler_file=str(file), timeout=180) as client:
            client.wait_for_workers(2, timeout=180)
        yield str(file)


def test_a_cluster_makes_what_one_machine_makes(experiment: Experiment, serial: dict[str, str], cluster: str) -> None:
    """Though its head is killed after the first arm: each new arm is trained once, and the head then has all."""
    words = (sys.executable, "-m", "dscnn.tools.repro", "", cluster)
    environment = ENVIRONMENT | {"PYTHONPATH": CODE}
    with subprocess.Popen(words, cwd=experiment.folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        before = list(itertools.takewhile(lambda line: not line.endswith(", 1 of 4)\n"), process.stdout))
        process.kill()
    assert "2 of 2 workers: cpu, 1 threads, float32\n" in before
    assert len(trainings(experiment)) < 4
    done = jobs(experiment, "", cluster)
    assert done.returncode == 0, done.stdout + done.stderr
    assert trainings(experiment) == NEW, done.stdout
    assert experiment.files() == serial
    put_back(experiment)


def test_a_cluster_needs_a_remote(experiment: Experiment, tmp_path: Path) -> None:
    """Nothing is sent to a scheduler before that is known."""
    experiment.edit(three_seeds)
    done = jobs(experiment, "", "tcp://127.0.0.1:1")
    assert done.returncode == 1
    assert "error: CLUSTER: workers take the images from the DVC remote (docs/team.md): ERROR: " in done.stderr
