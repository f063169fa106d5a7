import resource
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.core.stage import Problem
from dscnn.tools import repro


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words after `dvc` that would have been run; DVC itself is run in tests/test_missing.py."""
    started: list[list[str]] = []

    def dvc(words: list[str]) -> bool:
        started.append(words)
        return "failing" not in str(Path.cwd())

    monkeypatch.setattr(repro, "dvc", dvc)
    return started


@pytest.fixture
def own(folder: Path, source: dict[str, Any], archives: dict[str, Any]) -> Path:
    """The tiny experiment with a folder of images of the user's own, which is returned."""
    tiny.write_yaml(folder / "datasets.yaml", tiny.datasets(archives) | {"own": tiny.own_images(folder / "photos")})
    tiny.write_yaml(folder / "params.yaml", source | {"datasets": ["own"], "folders": {"own": "photos"}})
    return folder / "photos"


@pytest.mark.usefixtures("own")
def test_an_experiment_is_checked_and_run(commands: list[list[str]]) -> None:
    """Images that are here need no option."""
    repro.main()
    assert commands == [["repro", "--keep-going"]]


def test_a_folder_that_is_elsewhere_is_left_to_its_archive(
    own: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A line says so, and DVC is told that the folder is missing, but for what it has to look at on this machine."""
    own.rename(own.with_name("elsewhere"))
    words = [["repro", "machine"], ["repro", "--keep-going", "--allow-missing"]]
    assert repro.commands() == words
    said = "folders.own: photos is not on this machine; the archive packed from it stands for it\n"
    assert capsys.readouterr().out == said
    Path("data/raw/own/packed").mkdir(parents=True)
    Path("data/raw/own/packed/images.tar").touch()
    repro.main()
    assert commands == words


def test_without_folder_and_archive_nothing_runs(own: Path, commands: list[list[str]]) -> None:
    """Both are named."""
    own.rename(own.with_name("elsewhere"))
    with pytest.raises(
        Problem, match=r"folders\.own: photos is no folder, nor is data/raw/own/packed/images\.tar here"
    ):
        repro.main()
    assert commands == []


def test_a_wrong_value_is_said_before_anything_runs(
    folder: Path, source: dict[str, Any], commands: list[list[str]]
) -> None:
    """In plain words, where DVC would show a template."""
    tiny.write_yaml(folder / "params.yaml", source | {"seeds": "none"})
    with pytest.raises(Problem, match=r"params\.yaml:\n  seeds: "):
        repro.main()
    assert commands == []


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        (False, "^'dvc repro' failed; its message is above$"),
        (True, r"above\. metrics/report\.md has the rest, and names "),
    ],
)
def test_a_stage_that_fails_is_a_problem(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    archives: dict[str, Any],
    commands: list[list[str]],
    reported: bool,
    said: str,
) -> None:
    """DVC has said why; one line ends it, and says whether there is a report of the rest."""
    tiny.write_experiment(folder / "failing", archives)
    monkeypatch.chdir(folder / "failing")
    monkeypatch.setattr(repro, "report_the_rest", lambda: reported)
    with pytest.raises(Problem, match=said):
        repro.main()
    assert len(commands) == 1


def test_a_limit_of_memory_is_said_before_anything_runs(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the limit, and how to lift it."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2 * 1024**3, resource.RLIM_INFINITY))
    with pytest.raises(Problem, match=r"allows 2\.1 GB of address space .* at least 4 GB .*'ulimit -v unlimited'"):
        repro.main()
    assert commands == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("two", ""), "JOBS: two, should be a number from 1 to 1024"),
        (("0", ""), "JOBS: 0, should be a number"),
        (("1025", ""), "JOBS: 1025, should be a number"),
        (("2", "tcp://x:1"), "JOBS and CLUSTER: give one of them"),
    ],
)
@pytest.mark.usefixtures("own")
def test_wrong_words_are_problems(commands: list[list[str]], words: tuple[str, str], said: str) -> None:
    """Nothing runs then."""
    with pytest.raises(Problem, match=said):
        repro.main(*words)
    assert commands == []


def test_dvc_is_that_of_this_python(capfd: pytest.CaptureFixture[str]) -> None:
    """It says whether it succeeded."""
    assert repro.dvc(["version"])
    assert f"DVC version: {version('dvc')}" in capfd.readouterr().out
    assert not repro.dvc(["no-such-command"])
