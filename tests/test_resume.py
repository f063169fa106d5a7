import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import PROJECT, mutated
from dscnn import resume
from dscnn.stage import Problem

ARRAYS = {
    "model/a": np.arange(12, dtype=np.float32).reshape(3, 4),
    "optimizer/step": np.array(7, np.int64),
    "seeds": np.array([1, 2], np.uint32),
}
STATE = resume.State(ARRAYS, {"history": [{"epoch": 1, "loss": 0.1 + 0.2}]})


def same(one: resume.State, other: resume.State) -> bool:
    return one.notes == other.notes and all(
        (one.arrays[name] == other.arrays[name]).all() and one.arrays[name].dtype == other.arrays[name].dtype
        for name in one.arrays.keys() | other.arrays.keys()
    )


def test_a_state_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    """Types and shapes too, also of a number alone."""
    path = tmp_path / "arm" / "key.npz"
    resume.save(path, STATE)
    found = resume.load(path, ARRAYS)
    assert found is not None
    assert same(found, STATE)
    assert [other.name for other in path.parent.iterdir()] == ["key.npz"]


def test_there_is_none_at_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is said of it."""
    assert resume.load(tmp_path / "key.npz", ARRAYS) is None
    assert capsys.readouterr().out == ""


def test_a_state_of_other_settings_is_said_and_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It lies under another key."""
    resume.save(tmp_path / "other.npz", STATE)
    assert resume.load(tmp_path / "key.npz", ARRAYS) is None
    assert "other.npz is of other parameters, data, code or software: not used" in capsys.readouterr().out


@pytest.mark.parametrize(
    "expected",
    [
        {name: ARRAYS[name] for name in ("model/a", "seeds")},
        ARRAYS | {"more": np.zeros(1)},
        ARRAYS | {"model/a": np.zeros((4, 3), np.float32)},
        ARRAYS | {"model/a": np.zeros((3, 4), np.float64)},
    ],
    ids=["fewer", "more", "shape", "type"],
)
def test_a_state_of_another_network_is_said_and_not_used(
    tmp_path: Path, expected: dict[str, np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    """Names, shapes and types are compared before any variable is touched."""
    path = tmp_path / "key.npz"
    resume.save(path, STATE)
    assert resume.load(path, expected) is None
    assert "does not hold what this training needs: not used" in capsys.readouterr().out


def test_a_damaged_state_is_never_used(tmp_path: Path) -> None:
    """Of 400 files with bits flipped, cut or grown, each is refused or gives the state as it was."""
    path, random = tmp_path / "key.npz", np.random.default_rng(1)
    resume.save(path, STATE)
    content, used = path.read_bytes(), 0
    for _ in range(400):
        path.write_bytes(mutated(content, random))
        found = resume.load(path, ARRAYS)
        used += found is not None
        assert found is None or same(found, STATE)
    assert used < 200


def test_the_fingerprint_is_of_facts_code_and_steering(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same facts give the same; other facts or another variable that steers a library do not."""
    facts = {"rate": 0.1}
    first = resume.fingerprint(facts)
    assert resume.fingerprint({"rate": 0.1}) == first
    assert resume.fingerprint({"rate": 0.1 + 1e-17 + 1e-16}) != first
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert resume.fingerprint(facts) != first


def test_a_changed_line_of_code_changes_the_fingerprint(tmp_path: Path) -> None:
    """Of any module of this project that is loaded, even a comment."""
    copied = tmp_path / "dscnn"
    copied.mkdir()
    for module in ("__init__", "stage", "files", "resume"):
        (copied / f"{module}.py").write_bytes((PROJECT / f"src/dscnn/{module}.py").read_bytes())

    def fingerprint() -> str:
        code = "from dscnn import resume; print(resume.fingerprint({}))"
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    first = fingerprint()
    assert fingerprint() == first
    (copied / "files.py").write_text((copied / "files.py").read_text() + "# changed\n")
    assert fingerprint() != first


def test_a_second_process_on_an_arm_stops(tmp_path: Path) -> None:
    """With the lock's name; afterwards the arm is free again, and another arm always was."""
    folder = tmp_path / "mnist-0.125-A-1"
    words = r"another process is training this arm \(.*mnist-0\.125-A-1\.lock is held\)"
    other = resume.alone(tmp_path / "mnist-0.125-A-2")
    with resume.alone(folder), other, pytest.raises(Problem, match=words), resume.alone(folder):
        pytest.fail("two at once")
    with resume.alone(folder):
        assert folder.is_dir()


def test_all_states_of_an_arm_are_forgotten(tmp_path: Path) -> None:
    """Also those of other settings; a second time is no error."""
    folder = tmp_path / "arm"
    for name in ("a.npz", "b.npz"):
        resume.save(folder / name, STATE)
    for _ in range(2):
        resume.forget(folder)
        assert not folder.exists()
