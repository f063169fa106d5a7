import subprocess
from pathlib import Path
from typing import Any

import pytest
from dvc.data_cloud import DataCloud
from dvc.repo import Repo
from dvc_data.hashfile.transfer import TransferResult

from dscnn.core.stage import Problem
from dscnn.tools import share
from dscnn.tools.alone import alone


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DVC repository of one stage, which has run with the values 1 and 2; made the current folder."""
    top = tmp_path / "project"
    top.mkdir()
    monkeypatch.chdir(top)
    subprocess.run(["git", "init", "--quiet"], check=True)
    Repo.init(".").close()
    (top / "dvc.yaml").write_text(
        "stages:\n  copy:\n    cmd: mkdir made && cp value made/value\n    deps: [value]\n    outs: [made]\n"
    )
    for value in ("1", "2"):
        (top / "value").write_text(value)
        with Repo(".") as repo:
            repo.reproduce()
    return top


def contents(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 9}


def remote(top: Path) -> Path:
    """Configure a remote, a folder beside the project; return it."""
    with (top / ".dvc/config").open("a") as config:
        config.write(f"[core]\n    remote = store\n['remote \"store\"']\n    url = {top.parent}/store\n")
    return top.parent / "store"


@pytest.mark.parametrize("direction", ["push", "pull"])
@pytest.mark.usefixtures("repository")
def test_without_a_remote_the_command_that_adds_one_is_named(direction: str) -> None:
    """It is DVC's own advice."""
    with pytest.raises(Problem, match="dvc remote add"):
        share.main(direction)


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_outside_a_repository_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, direction: str) -> None:
    """In DVC's words."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Problem, match="not inside of a DVC repository"):
        share.main(direction)


def test_a_push_may_go_beside_a_run(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A long run does not keep what is there from the team; a pull would change the run's files."""
    remote(repository)
    with alone():
        share.main("push")
        with pytest.raises(Problem, match="runs here: wait for its end"):
            share.main("pull")
    assert capsys.readouterr().out == "push: 4 new files\n"


def test_the_outputs_of_every_run_are_pushed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that the lock file no longer has, too; a second time there is nothing to copy."""
    store = remote(repository)
    share.main("push")
    assert contents(store / "files") == {b"1", b"2"}
    assert len(list((store / "runs").glob("*/*/*"))) == 2
    capsys.readouterr()
    share.main("push")
    assert capsys.readouterr().out == "push: 0 new files\n"


def test_dvcs_files_are_closed(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of both that are opened: with the settings as they are, and with what is verified."""
    remote(repository)
    closed: list[Repo] = []
    close = Repo.close
    monkeypatch.setattr(Repo, "close", lambda repo: (closed.append(repo), close(repo)))
    share.main("push")
    assert len({id(repo) for repo in closed}) == 2


def test_a_run_that_is_not_whole_is_left_out(repository: Path) -> None:
    """Its output has been removed from the cache; the others go."""
    store = remote(repository)
    (lost,) = (
        path for path in (repository / ".dvc/cache/files").rglob("*") if path.is_file() and path.read_bytes() == b"1"
    )
    lost.chmod(0o644)
    lost.unlink()
    share.main("push")
    assert contents(store / "files") == {b"2"}


def test_a_run_whose_list_of_files_is_lost_is_left_out(repository: Path) -> None:
    """The list has been removed from the cache, so that DVC cannot tell which files it had; the other run goes."""
    store = remote(repository)
    with Repo(".") as repo:
        (last,) = (out.hash_info.value for stage in repo.index.stages for out in stage.outs)
        lists = [*(repository / ".dvc/cache/files").rglob("*.dir")]
        (lost,) = (path for path in lists if path.parent.name + path.name != last)
        lost.chmod(0o644)
        lost.unlink()
        found = [*share.outputs(repo)]
    assert [{hash_info.value for hash_info in hashes} & {last} for hashes in found] == [{last}]
    share.main("push")
    assert contents(store / "files") == {b"2"}


def another_clone(repository: Path) -> Path:
    """Return a clone without data and cache; the project is pushed first."""
    share.main("push")
    other = repository.parent / "other"
    (other / ".dvc").mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", str(other)], check=True)
    for name in (".dvc/config", "dvc.yaml", "dvc.lock", "value"):
        (other / name).write_bytes((repository / name).read_bytes())
    return other


def test_another_clone_gets_the_outputs_of_every_run(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It lays out those of its lock file, and runs nothing for the other value."""
    remote(repository)
    other = another_clone(repository)
    monkeypatch.chdir(other)
    share.main("pull")
    assert contents(other / ".dvc/cache/files") == {b"1", b"2"}
    assert (other / "made/value").read_text() == "2"
    (other / "value").write_text("1")
    capsys.readouterr()
    with Repo(".") as repo:
        repo.reproduce()
    assert "Running stage" not in capsys.readouterr().out
    assert (other / "made/value").read_text() == "1"


def test_what_the_remote_lacks_is_left_out_of_a_pull(repository: Path) -> None:
    """The remote is empty: no error, and what is here stays."""
    remote(repository).mkdir()
    share.main("pull")
    assert (repository / "made/value").read_text() == "2"


def refused(cloud: DataCloud, source: Any, target: Any, objects: set[Any], **_: Any) -> TransferResult:
    """Stand for the transfer of a file after the other, of which each fails; DVC notes that, and goes on."""
    return TransferResult(set(), {*objects})


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_outputs_that_cannot_be_copied_are_a_problem(
    repository: Path, monkeypatch: pytest.MonkeyPatch, direction: str
) -> None:
    """They are counted; another try copies them."""
    store = remote(repository)
    if direction == "pull":
        monkeypatch.chdir(another_clone(repository))
    with monkeypatch.context() as patch:
        patch.setattr(DataCloud, "transfer", refused)
        said = (
            rf"^{direction}: (\d) of \1 files could not be copied; DVC says why above. 'make {direction}' tries again$"
        )
        with pytest.raises(Problem, match=said):
            share.main(direction)
    if direction == "push":
        assert not (store / "runs").exists(), "without its outputs a record spares nobody a run"
    share.main(direction)
    assert contents(store / "files" if direction == "push" else Path(".dvc/cache/files")) == {b"1", b"2"}


def stored(folder: Path, content: bytes) -> Path:
    """Return the file in a remote that holds `content`, made writable."""
    (found,) = (path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == content)
    found.chmod(0o644)
    return found


def test_what_the_remote_changed_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC alone would take its word for it, and lay out the other bytes."""
    store = remote(repository)
    other = another_clone(repository)
    stored(store / "files", b"2").write_bytes(b"3")
    monkeypatch.chdir(other)
    share.main("pull")
    assert contents(other / ".dvc/cache/files") == {b"1"}
    assert not (other / "made/value").exists()


def test_a_list_of_files_that_is_damaged_is_a_problem(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence, not in a traceback."""
    store = remote(repository)
    other = another_clone(repository)
    for path in store.rglob("*.dir"):
        path.chmod(0o644)
        path.write_bytes(b"")
    monkeypatch.chdir(other)
    with pytest.raises(Problem, match="is corrupted"):
        share.main("pull")


def test_a_record_that_is_damaged_is_removed(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """DVC could not go on with one that is no text."""
    store = remote(repository)
    other = another_clone(repository)
    for path in (store / "runs").glob("*/*/*"):
        path.write_bytes(b"\xff\xff")
    monkeypatch.chdir(other)
    share.main("pull")
    assert capsys.readouterr().out.count("is damaged, and removed") == 2
    (other / "value").write_text("1")
    with Repo(".") as repo:
        assert len(repo.reproduce()) == 1
