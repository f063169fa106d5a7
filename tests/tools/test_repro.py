import resource
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from dvc.exceptions import DvcException
from dvc.repo import Repo

import tiny
from dscnn.cluster import arms
from dscnn.core.stage import Problem
from dscnn.tools import repro
from dscnn.tools.alone import alone


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


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """The jobs and clusters that arms would have been computed by, of which none fails."""
    asked: list[tuple[int, str]] = []
    monkeypatch.setattr(arms, "compute", lambda jobs, cluster: asked.append((jobs, cluster)) or {})
    return asked


@pytest.mark.parametrize(("words", "by"), [(("2", ""), (2, "")), (("", "tcp://x:1"), (0, "tcp://x:1"))])
@pytest.mark.usefixtures("own")
def test_arms_come_first(
    commands: list[list[str]], computed: list[tuple[int, str]], words: tuple[str, str], by: tuple[int, str]
) -> None:
    """After what they need, before all the rest."""
    repro.main(*words)
    assert computed == [by]
    assert commands == [["repro", "params", "prepare@own"], ["repro", "--keep-going"]]


def test_arms_need_no_folder_whose_archive_is_here(
    own: Path, commands: list[list[str]], computed: list[tuple[int, str]]
) -> None:
    """DVC is told that the folder is missing, before the arms too."""
    own.rename(own.with_name("elsewhere"))
    Path("data/raw/own/packed").mkdir(parents=True)
    Path("data/raw/own/packed/images.tar").touch()
    assert repro.arms_first(2, "") == {}
    assert commands == [["repro", "params", "prepare@own", "--allow-missing"]]
    assert computed == [(2, "")]


def test_without_what_the_arms_need_none_is_computed(
    own: Path, monkeypatch: pytest.MonkeyPatch, computed: list[tuple[int, str]]
) -> None:
    """DVC has said why its stage failed."""
    monkeypatch.setattr(repro, "dvc", lambda words: False)
    with pytest.raises(Problem, match=r"^'dvc repro' failed; its message is above$"):
        repro.main("2", "")
    assert computed == []


@pytest.mark.usefixtures("own")
def test_arms_that_failed_are_named(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What each said is shown; what does not depend on them runs, and no more."""
    failures = {"own-0.5-Regular-1": "the first\nsaid no", "own-0.5-Separable-1": "the second too"}
    others: list[list[str]] = []
    monkeypatch.setattr(arms, "compute", lambda jobs, cluster: failures)
    monkeypatch.setattr(repro, "the_others", lambda without: others.append([*without]) or True)
    monkeypatch.setattr(repro, "report_the_rest", lambda: False)
    with pytest.raises(Problem, match=r"^2 arms failed \(own-0\.5-Regular-1, own-0\.5-Separable-1\)$"):
        repro.main("2", "")
    assert capsys.readouterr().err == "the first\nsaid no\nthe second too\n"
    assert others == [[*failures]]
    assert commands == [["repro", "params", "prepare@own"]]


@pytest.mark.parametrize(
    ("arms_failed", "others", "said"),
    [
        ([], True, repro.FAILED),
        (["A"], False, "1 arm failed (A)"),
        (["A"], True, "1 arm failed (A), and so did other stages, whose messages are above"),
        (["A", "B"], True, "2 arms failed (A, B), and so did other stages, whose messages are above"),
    ],
)
def test_all_that_failed_is_said_at_the_end(arms_failed: list[str], others: bool, said: str) -> None:
    """The arms by name; DVC has named the others."""
    assert repro.failed(arms_failed, others) == said


@pytest.mark.usefixtures("own", "commands")
def test_another_stage_that_failed_beside_an_arm_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a report of the rest, too."""
    monkeypatch.setattr(arms, "compute", lambda jobs, cluster: {"own-0.5-Regular-1": "said no"})
    monkeypatch.setattr(repro, "the_others", lambda without: False)
    monkeypatch.setattr(repro, "report_the_rest", lambda: True)
    said = (
        r"^1 arm failed \(own-0\.5-Regular-1\), and so did other stages, whose messages are above\. metrics/report\.md "
    )
    with pytest.raises(Problem, match=said):
        repro.main("2", "")


def test_a_machine_that_cannot_be_looked_at_is_a_problem(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though all else, which runs nevertheless, succeeds."""
    own.rename(own.with_name("elsewhere"))
    Path("data/raw/own/packed").mkdir(parents=True)
    Path("data/raw/own/packed/images.tar").touch()
    commands: list[list[str]] = []
    monkeypatch.setattr(repro, "dvc", lambda words: commands.append(words) or "machine" not in words)
    monkeypatch.setattr(repro, "report_the_rest", lambda: False)
    with pytest.raises(Problem, match=f"^{repro.FAILED}$"):
        repro.main()
    assert commands == [["repro", "machine"], ["repro", "--keep-going", "--allow-missing"]]


PIPELINE = """
stages:
  pack: {cmd: mkdir packed && cp photos/a packed/a, deps: [photos], outs: [packed]}
  machine: {cmd: echo here > machine.json, outs: [machine.json: {cache: false}]}
  train:
    foreach: [A, B]
    do: {cmd: "cp packed/a ${item}", deps: [packed], outs: ["${item}"]}
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small DVC repository with a folder of images, two arms and a machine, which has run; the current folder."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    Repo.init(".").close()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a").write_text("image")
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    with Repo(".") as repo:
        repo.reproduce()
    monkeypatch.setattr(repro, "absent", dict)
    return tmp_path


def test_arms_that_failed_leave_a_folder_to_its_archive(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not depend on them stays in the workspace, and the machine is looked at, which no cache has."""
    (small / "photos").rename(small / "elsewhere")
    (small / "machine.json").unlink()
    monkeypatch.setattr(repro, "absent", lambda: {"own": "photos"})
    assert repro.the_others(["A"])
    assert (small / "packed/a").read_text() == "image"
    assert (small / "machine.json").exists()


def test_a_machine_that_fails_beside_an_arm_is_known(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though all that runs after it succeeds."""
    (small / "photos").rename(small / "elsewhere")
    (small / "dvc.yaml").write_text(PIPELINE.replace("echo here", "false").replace("cp packed/a", "wc -c < packed/a >"))
    monkeypatch.setattr(repro, "absent", lambda: {"own": "photos"})
    assert not repro.the_others(["A"])
    assert [(small / arm).read_text() for arm in "AB"] == ["image", "5\n"]


@pytest.mark.parametrize("look", [repro.report_the_rest, lambda: repro.the_others(["A"])])
def test_a_lock_file_with_two_sides_of_a_merge_is_one_line(small: Path, look: Any) -> None:
    """In DVC's words, without a traceback."""
    (small / "dvc.lock").write_text("<<<<<<< ours\na: 1\n=======\n")
    with pytest.raises(Problem, match=r"^DVC: .*'dvc\.lock'.*; once that is mended, 'make repro' goes on$"):
        look()


def test_another_dvc_that_is_at_work_is_one_line(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `dvc repro` by hand has the pipeline locked."""

    def status(_: Repo) -> None:
        raise DvcException("Unable to acquire lock")

    monkeypatch.setattr(Repo, "status", status)
    with pytest.raises(Problem, match=r"^DVC: Unable to acquire lock; once that is mended, 'make repro' goes on$"):
        repro.report_the_rest()


@pytest.mark.usefixtures("own")
def test_a_second_one_stops_at_once(commands: list[list[str]]) -> None:
    """Before it runs anything; when the first has ended, the same command goes on."""
    with alone(), pytest.raises(Problem, match=r"^another 'make repro', .* runs here: wait for its end, or stop it; "):
        repro.main()
    assert commands == []
    repro.main()
    assert commands == [["repro", "--keep-going"]]


def test_dvc_is_that_of_this_python(capfd: pytest.CaptureFixture[str]) -> None:
    """It says whether it succeeded."""
    assert repro.dvc(["version"])
    assert f"DVC version: {version('dvc')}" in capfd.readouterr().out
    assert not repro.dvc(["no-such-command"])
