import subprocess
from pathlib import Path

import pytest
from dvc.exceptions import DvcException
from dvc.repo import Repo

from dscnn.cluster import repository
from dscnn.core.stage import Problem


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DVC repository of one stage; the current folder."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    Repo.init(".").close()
    Path("dvc.yaml").write_text("stages: {train: {cmd: 'true'}}\n")
    return tmp_path


def test_the_pipeline_is_that_of_this_folder() -> None:
    """Its stages are those of dvc.yaml."""
    with repository.opened() as repo:
        assert [stage.addressing for stage in repo.index.stages] == ["train"]


def test_what_dvc_has_against_it_is_a_problem() -> None:
    """In its own words, whether that is said when it is read or later; any other error passes."""
    said = r"^DVC: Unable to acquire lock; once that is mended, 'make repro' goes on$"
    with pytest.raises(Problem, match=said), repository.opened():
        raise DvcException("Unable to acquire lock")
    with pytest.raises(KeyError), repository.opened():
        raise KeyError("train")
    Path("dvc.yaml").write_text("stages: 3")
    with pytest.raises(Problem, match=r"^DVC: .*dvc\.yaml' validation failed; once"), repository.opened() as repo:
        assert repo.index.stages
