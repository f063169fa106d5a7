import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from dscnn.cluster import experiment, lock
from dscnn.core.stage import Problem

ENTRY = {"cmd": "x"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a commit, and edits that are not committed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    subprocess.run(["git", "init", "--quiet"], check=True)
    for name, content in {
        "src/stage": "#!/bin/sh\n", "src/dscnn/a.py": "a = 1\n", "dvc.yaml": "stages: {}\n",
        "params.yaml": "seeds: [1]\n",
        "docs/long.md": "long", ".gitignore": "*.secret\n", "src/key.secret": "hidden", ".dvc/config": "[core]\n",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "src/stage").chmod(0o755)
    names = ("params", "fetch@d", "prepare@d", "train@d-1-A-1", "evaluate@d-1-A-1", "benchmark@d-1")
    lock.write(lock.PATH, dict.fromkeys(names, ENTRY))
    person = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", "add", "--all"], check=True)
    subprocess.run(["git", *person, "commit", "--quiet", "--message", "first"], check=True)
    (tmp_path / "params.yaml").write_text("seeds: [2]\n")
    (tmp_path / "src/dscnn/new.py").write_text("b = 2\n")
    return tmp_path


def contents(archive: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers() if member.isfile()}
        return {name: file.read().decode() for name, file in files.items() if file}


@pytest.mark.usefixtures("project")
def test_the_archive_has_the_working_tree_as_it_is() -> None:
    """Edited and new files too; none that Git ignores or that no stage reads. Git itself sees no change."""
    before = subprocess.check_output(["git", "status", "--porcelain"])
    found = contents(experiment.archive())
    assert found.pop("dvc.lock")
    assert found == {
        ".dvc/config": "[core]\n", ".gitignore": "*.secret\n", "dvc.yaml": "stages: {}\n",
        "params.yaml": "seeds: [2]\n",
        "src/dscnn/a.py": "a = 1\n", "src/dscnn/new.py": "b = 2\n", "src/stage": "#!/bin/sh\n",
    }  # fmt: skip
    assert subprocess.check_output(["git", "status", "--porcelain"]) == before
    with tarfile.open(fileobj=io.BytesIO(experiment.archive())) as tar:
        assert tar.getmember("src/stage").mode & 0o100, "it can be executed"


@pytest.mark.usefixtures("project")
def test_the_archive_is_the_same_while_results_arrive() -> None:
    """Its dvc.lock has the stages before the arms alone; an edit of the experiment makes another archive."""
    first = experiment.archive()
    assert list(yaml.safe_load(contents(first)["dvc.lock"])["stages"]) == ["params", "fetch@d", "prepare@d"]
    lock.Notes().add({"train@d-1-A-2": ENTRY, "train@d-1-A-1": {"cmd": "again"}})
    assert experiment.archive() == first
    Path("params.yaml").write_text("seeds: [3]\n")
    assert experiment.archive() != first


def test_without_git_is_a_problem(project: Path) -> None:
    """In Git's words."""
    (project / ".git").rename(project / "git")
    with pytest.raises(Problem, match=r"^git add: .*not a git repository"):
        experiment.archive()
