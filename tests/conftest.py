"""Fixtures: the tiny experiment of tests/tiny.py; what a user has put in params.yaml never matters."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import pytest

import browser
import hurried
import pipeline
import tiny
import warm
from dscnn.data.catalogue import Dataset
from dscnn.experiment import datasets, params
from processes import until

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # the tests compute on the CPU, whatever else there is


# the second process begins with what needs no finished experiment, which the first one makes meanwhile
LONGEST = (
    "test_pipeline.py", "test_train.py", "test_head.py", "test_experiments.py", "test_cluster.py", "test_missing.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which tests did not run, and why."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if isinstance(report.longrepr, tuple)]
    for reason in dict.fromkeys(report.longrepr[2].removeprefix("Skipped: ") for report in skipped):
        names = [report.nodeid for report in skipped if report.longrepr[2].endswith(reason)]
        terminalreporter.write_line(f"tests that did not run: {len(names)}; {reason}", yellow=True)
        for name in names:
            terminalreporter.write_line(f"  {name}")


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The `addresses` and `files` of synthetic archives on disk."""
    return tiny.written(tmp_path_factory.mktemp("archives"))


@pytest.fixture
def source() -> dict[str, Any]:
    """The content of a tiny params.yaml, to be edited."""
    return tiny.params()


@pytest.fixture
def settings(source: dict[str, Any]) -> params.Params:
    return params.check(source)


@pytest.fixture
def entry(archives: dict[str, Any]) -> Dataset:
    """The tiny experiment's data set, as an entry of datasets.yaml."""
    return datasets.check(tiny.datasets(archives))["stripes"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archives: dict[str, Any]) -> Path:
    """A folder with the files of the tiny experiment, made the current one."""
    tiny.write_experiment(tmp_path, archives)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def serving(path: Path, *modules: str, environment: dict[str, str] | None = None) -> Iterator[Path]:
    """The socket of a Python that has imported what takes long (tests/warm.py); too long a path has none."""
    words = [sys.executable, warm.__file__, "serve", str(path), *modules]
    with subprocess.Popen(words, env=environment) as process:
        try:
            until(lambda: path.exists() or process.poll() is not None)
            yield path
        finally:
            process.kill()


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Experiment:
    """The tiny experiment, run by the real stages and committed; once for all processes of the tests.

    Each stage is a fork of a Python that has imported TensorFlow once, by the copy's own code. A test that trains the
    copy again does so by a Python of its own, and finds the same weights (test_pipeline.py).
    """
    top = tmp_path_factory.getbasetemp()
    top = (top.parent if "PYTEST_XDIST_WORKER" in os.environ else top) / "finished"
    with filelock.FileLock(top.with_suffix(".lock")):
        if not (top / "done").exists():
            shutil.rmtree(top, ignore_errors=True)
            top.mkdir()
            made = pipeline.installed(top / "project")
            source = {"PYTHONPATH": str(made.folder / "src"), "CUDA_VISIBLE_DEVICES": "-1"}
            with serving(top / "socket", "dscnn.core.device", environment=made.environment | source) as path:
                pipeline.with_python(made, sys.executable, warm.__file__, "run", str(path), hurried.__file__)
                stages = made.repro()
            shutil.rmtree(made.folder / ".venv")
            (made.folder / ".venv").symlink_to(sys.prefix)
            made.commit("first")
            (top / "done").write_text("\n".join(stages))
    return pipeline.Experiment(top / "project")


@pytest.fixture
def real(finished: pipeline.Experiment, tmp_path: Path) -> pipeline.Experiment:
    """A copy of the finished experiment, its cache included, to be edited."""
    return finished.copied(tmp_path / "project")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of such a Python, for DVC and for the stages that do without TensorFlow."""
    path = tmp_path_factory.mktemp("warm") / "socket"
    with serving(path, *warm.DVC, environment=pipeline.ENVIRONMENT):
        yield path


@pytest.fixture
def experiment(real: pipeline.Experiment, tmp_path: Path, server: Path) -> pipeline.Experiment:
    """The same, with stand-ins for the stages of TensorFlow."""
    return pipeline.with_stand_ins(real, tmp_path / "templates", server)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    """A tab of a real browser; continuous integration must have one, elsewhere a test without one does not run."""
    if not browser.found():
        if os.environ.get("CI"):
            pytest.fail(browser.MISSING)
        pytest.skip(browser.MISSING)  # PyPI has no browser to install; `make test` lists these tests at its end
    with browser.started(tmp_path_factory.mktemp("browser")) as tab:
        yield tab
