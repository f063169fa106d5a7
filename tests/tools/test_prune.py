import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from dscnn.cluster import lock
from dscnn.core.stage import Problem
from dscnn.tools import prune

PIPELINE = """
stages:
  cost:
    foreach: ${architectures}
    do:
      cmd: mkdir -p metrics/cost && echo ${item} > metrics/cost/${item}.json
      outs: ["metrics/cost/${item}.json"]
"""
STALE = ["metrics/cost/B.json", "models/old/B/1.npz", "plots/notes.txt"]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DVC repository that has run architectures A and B, of which params.yaml names A alone; the current folder."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    Repo.init(".").close()
    Path("dvc.yaml").write_text(PIPELINE)
    Path("params.yaml").write_text("architectures: [A, B]\n")
    for name in ("data", "metrics", "models"):
        Path(name).mkdir()
        Path(name, ".gitignore").write_text("*\n!.gitignore\n")
    with Repo(".") as repo:
        repo.reproduce()
    Path("models/old/B").mkdir(parents=True)
    Path("models/old/B/1.npz").touch()
    Path("plots").mkdir()
    for name in ("notes.txt", "kept.csv"):
        Path("plots", name).touch()
    subprocess.run(["git", "add", "plots/kept.csv", "metrics", "models", "data"], check=True)
    Path("params.yaml").write_text("architectures: [A]\n")
    return tmp_path


def there() -> set[str]:
    return {str(path) for folder in prune.FOLDERS for path in Path(folder).rglob("*") if path.is_file()}


def locked() -> list[str]:
    return list(yaml.safe_load(Path("dvc.lock").read_text())["stages"])


@pytest.mark.usefixtures("repository")
def test_what_no_stage_makes_is_listed_and_stays() -> None:
    """Outputs, files in Git, and entries of stages that are there are not in the list."""
    before = there()
    assert prune.left() == ([Path(name) for name in STALE], ["cost@B"])
    assert there() == before
    assert locked() == ["cost@A", "cost@B"]


@pytest.mark.usefixtures("repository")
def test_dvcs_files_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that another DVC may have them while a person thinks."""
    closed: list[Repo] = []
    close = Repo.close
    monkeypatch.setattr(Repo, "close", lambda repo: (closed.append(repo), close(repo)))
    prune.left()
    assert len(closed) == 1


@pytest.mark.usefixtures("repository")
def test_by_force_it_is_removed(capsys: pytest.CaptureFixture[str]) -> None:
    """So are folders that are empty then; a second time there is nothing."""
    before = there()
    prune.main("1")
    assert there() == before - set(STALE)
    assert not Path("models/old").exists()
    assert Path("plots").is_dir()
    assert locked() == ["cost@A"]
    said = capsys.readouterr().out.splitlines()
    assert said[:4] == [*STALE, "dvc.lock: cost@B"]
    assert said[4].endswith("and 1 entries of dvc.lock")
    prune.main("1")
    assert capsys.readouterr().out == "params.yaml names everything that is here; nothing to remove\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(("answer", "removed"), [("y\n", True), ("YES\n", True), ("\n", False), ("no\n", False)])
def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, answer: str, removed: bool) -> None:
    """Only a yes removes anything."""
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    before = there()
    prune.main("")
    assert there() == (before - set(STALE) if removed else before)
    assert ("cost@B" in locked()) == (not removed)


@pytest.mark.usefixtures("repository")
def test_without_a_terminal_nothing_is_removed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what to write then."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    before = there()
    prune.main("")
    assert there() == before
    assert capsys.readouterr().out.endswith("nothing was removed: 'make prune FORCE=1' does it without asking\n")


@pytest.mark.usefixtures("repository")
def test_a_file_in_an_output_that_is_a_folder_stays() -> None:
    """The stage may have written it; DVC knows the folder alone."""
    Path("dvc.yaml").write_text(PIPELINE + "  all:\n    cmd: 'true'\n    outs: [models/old]\n")
    assert Path("models/old/B/1.npz") not in prune.left().files


def test_a_link_above_an_output_stays(repository: Path) -> None:
    """A folder that lies on a larger disk; a link that leads to nothing of this experiment is removed."""
    (repository / "big").mkdir()
    shutil.move("metrics/cost", repository / "big/cost")
    Path("metrics/cost").symlink_to(repository / "big/cost")
    Path("metrics/old").symlink_to(repository / "big")
    assert prune.left().files == [Path("metrics/old"), *(Path(name) for name in STALE[1:])]
    prune.main("1")
    assert Path("metrics/cost/A.json").read_text() == "A\n"
    assert (repository / "big/cost/B.json").exists()


@pytest.mark.usefixtures("repository")
def test_a_disk_that_is_full_leaves_the_lock_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written whole, or not at all."""
    before = lock.PATH.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        prune.remove(prune.Left([], ["cost@B"]))
    assert lock.PATH.read_bytes() == before


@pytest.mark.usefixtures("repository")
def test_without_a_lock_file_there_are_no_entries() -> None:
    """Nothing has run."""
    lock.PATH.write_text("schema: '2.0'\n")
    assert prune.left().entries == []
    lock.PATH.unlink()
    assert prune.left().entries == []


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("text", ["architectures: 3\n", "widths: [1]\n", "a: ["])
def test_a_params_yaml_that_dvc_cannot_use_is_a_problem(text: str) -> None:
    """Nothing is removed by a slip of the pen."""
    before = there()
    Path("params.yaml").write_text(text)
    with pytest.raises(Problem, match=r"'make repro' says what is wrong in params\.yaml"):
        prune.main("1")
    assert there() == before


@pytest.mark.usefixtures("repository")
def test_without_git_it_says_what_is_missing() -> None:
    """The project as an archive has it; params.yaml is not to blame."""
    shutil.rmtree(".git")
    with pytest.raises(Problem, match=r"is not a git repository, which DVC needs: clone the project, or 'git init'"):
        prune.main("1")


def test_outside_a_repository_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In DVC's words."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Problem, match="not inside of a DVC repository"):
        prune.main("1")
