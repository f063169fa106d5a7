import os
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from dscnn.core.device import keras
from dscnn.core.paths import Arm
from dscnn.training import checkpoint
from dscnn.training.checkpoint import Checkpoint
from dscnn.training.clock import Clock
from dscnn.training.history import History
from tiny import mutated

ARM = Arm("mnist", "0.125", "A", "1")
FACTS = {"rate": 0.1}

ARRAYS = {
    "model/a": np.arange(12, dtype=np.float32).reshape(3, 4),
    "optimizer/step": np.array(7, np.int64),
    "seeds": np.array([1, 2], np.uint32),
}
STATE = checkpoint.State(ARRAYS, {"history": [{"epoch": 1, "loss": 0.1 + 0.2}]})


def same(one: checkpoint.State, other: checkpoint.State) -> bool:
    return one.notes == other.notes and all(
        (one.arrays[name] == other.arrays[name]).all() and one.arrays[name].dtype == other.arrays[name].dtype
        for name in one.arrays.keys() | other.arrays.keys()
    )


def test_a_state_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    """Types and shapes do too, also of a number alone."""
    path = tmp_path / "arm" / "key.npz"
    checkpoint.save(path, STATE)
    found = checkpoint.load(path, ARRAYS)
    assert found is not None
    assert same(found, STATE)
    assert [other.name for other in path.parent.iterdir()] == ["key.npz"]


def test_there_is_none_at_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed then."""
    assert checkpoint.load(tmp_path / "key.npz", ARRAYS) is None
    assert capsys.readouterr().out == ""


def test_a_state_of_other_settings_is_said_and_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It lies under another name."""
    checkpoint.save(tmp_path / "other.npz", STATE)
    assert checkpoint.load(tmp_path / "key.npz", ARRAYS) is None
    assert "other.npz is of other parameters, data, code or software: ignored" in capsys.readouterr().out


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
    checkpoint.save(path, STATE)
    assert checkpoint.load(path, expected) is None
    assert "does not hold what this training needs: ignored" in capsys.readouterr().out


def test_a_damaged_state_is_never_used(tmp_path: Path) -> None:
    """Of 400 files with bits flipped, cut or grown, each is refused or gives the state as it was."""
    path, random = tmp_path / "key.npz", np.random.default_rng(1)
    checkpoint.save(path, STATE)
    content, used = path.read_bytes(), 0
    for _ in range(400):
        path.write_bytes(mutated(content, random))
        found = checkpoint.load(path, ARRAYS)
        used += found is not None
        assert found is None or same(found, STATE)
    assert used < 200


def test_the_fingerprint_is_of_facts_code_and_steering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other facts, or another variable that steers a library, give another; other variables do not count."""
    facts = {"rate": 0.1}
    first = checkpoint.fingerprint(facts)
    monkeypatch.setenv("EDITOR", "another")
    assert checkpoint.fingerprint({"rate": 0.1}) == first
    assert checkpoint.fingerprint({"rate": 0.1 + 1e-17 + 1e-16}) != first
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "another")
    assert checkpoint.fingerprint(facts) != first


def test_a_changed_line_of_code_changes_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So does a comment in any module of this project that is loaded; modules of others do not count."""
    path = tmp_path / "more.py"
    path.write_text("x = 1\n")
    module = ModuleType("more")
    module.__file__ = str(path)
    without = checkpoint.fingerprint({})
    monkeypatch.setitem(sys.modules, "dscnn_more", module)
    assert checkpoint.fingerprint({}) == without
    monkeypatch.setitem(sys.modules, "dscnn.more", module)
    first = checkpoint.fingerprint({})
    assert first != without
    path.write_text("x = 1  # changed\n")
    assert checkpoint.fingerprint({}) not in (first, without)
    path.write_text("x = 1\n")
    assert checkpoint.fingerprint({}) == first


def test_a_checkpoint_lies_in_the_folder_of_its_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other facts are another file there; the folder of all is that of the variable, if that is set."""
    monkeypatch.delenv("DSCNN_STATE", raising=False)
    first, other = checkpoint.path_of(ARM, FACTS), checkpoint.path_of(ARM, {"rate": 0.2})
    assert first == Path(".state/training/mnist-0.125-A-1") / f"{checkpoint.fingerprint(FACTS)}.npz"
    assert other.parent == first.parent
    assert other != first
    monkeypatch.setenv("DSCNN_STATE", "/home/me/.state")
    assert checkpoint.path_of(ARM, FACTS) == Path("/home/me") / first


def test_a_second_process_in_the_same_training_waits(tmp_path: Path) -> None:
    """It is told the lock's name, and goes on when the first is done; another training of the arm need not wait."""
    path, order, waits = tmp_path / "arm/key.npz", list[str](), threading.Event()

    def second() -> None:
        with checkpoint.alone(path):
            order.append("second")

    def said(text: str, **_: object) -> None:
        order.append(text)
        waits.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "print", said, raising=False)
        other = threading.Thread(target=second)
        with checkpoint.alone(path), checkpoint.alone(tmp_path / "arm/another.npz"):
            other.start()
            assert waits.wait(60)
            order.append("first is done")
        other.join(60)
    waiting = f"waiting for another process in the same training ({tmp_path}/arm/key.lock)"
    assert order == [waiting, "first is done", "second"]


def test_a_training_that_is_done_leaves_no_checkpoint(tmp_path: Path) -> None:
    """That of another training stays, since its process may be running; other arms are not looked at."""
    done, young = tmp_path / "arm/done.npz", tmp_path / "arm/young.npz"
    month_old, of_another_arm = tmp_path / "arm/old.npz", tmp_path / "other/old.npz"
    for path in (done, young, month_old, of_another_arm):
        checkpoint.save(path, STATE)
    now = time.time()
    for path, days in ((young, 29), (month_old, 31), (of_another_arm, 31)):
        os.utime(path, (now - days * 24 * 3600,) * 2)
    for _ in range(2):  # a second time is no error
        checkpoint.remove(done)
        assert [path.name for path in (tmp_path / "arm").iterdir()] == ["young.npz"]
        assert of_another_arm.exists()


def test_another_training_may_rename_its_own_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there when the folder was listed, and is gone, is no error; the training's own is removed."""
    done, part = tmp_path / "arm/done.npz", tmp_path / "arm/.young.npz.part"
    for path in (done, part):
        checkpoint.save(path, STATE)
    listed = [part, done]
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(listed))
    part.unlink()
    checkpoint.remove(done)
    assert not done.exists()


def test_who_asks_for_it_removes_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays, and its name goes to the file that DSCNN_DONE names."""
    path = tmp_path / "arm/key.npz"
    checkpoint.save(path, STATE)
    monkeypatch.setenv("DSCNN_DONE", str(tmp_path / "done"))
    checkpoint.remove(path)
    assert path.exists()
    assert Path((tmp_path / "done").read_text()) == path


def training(path: Path, keep: str = "last", patience: int = 0) -> Checkpoint:
    """Return the checkpoint callback of a network of one layer and a dropout, compiled, whose epochs have two steps."""
    keras.backend.clear_session()  # names as in a new process
    images = keras.Input((2,))
    outputs = keras.layers.Dropout(0.5, seed=1, name="drop")(keras.layers.Dense(1, name="only")(images))
    model = keras.Model(images, outputs)
    model.compile(optimizer=keras.optimizers.Adam(), loss="mse")
    model.optimizer.build(model.trainable_variables)
    return Checkpoint(model, path, History(model, np.ones(40), 2, keep, patience), Clock())


def epoch(made: Checkpoint, number: int, value: float, accuracy: float, val_loss: float = 1.0) -> None:
    """Let epoch `number` be over, whose weights were `value` when they were validated, and changed after that."""
    for weight in made.trained.weights:
        weight.assign(np.full(weight.shape, value, np.float32))
    made.history.on_test_end()
    made.trained.weights[0].assign_add(np.ones((2, 1), np.float32))
    logs = {"loss": 2.0, "accuracy": 0.1, "val_loss": val_loss, "val_accuracy": accuracy}
    made.history.on_epoch_end(number - 1, logs)
    made.on_epoch_end(number - 1, logs)


def test_another_process_restores_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is weights, optimizer, the dropout's seed, the weights kept, history and clock."""
    monkeypatch.setattr(Checkpoint, "SHARE", np.inf)
    path = tmp_path / "key.npz"
    first = training(path, "best")
    model = first.trained
    model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=4, verbose=0)
    first.clock.restore({"start_seconds": [1.5], "epoch_seconds": [2.5, 3.5], "validation_seconds": [0.5, 0.25]})
    epoch(first, 1, 5.0, 0.5)
    epoch(first, 2, 7.0, 0.25)
    other = training(path, "best")
    other.restore()
    assert other.history.epochs == first.history.epochs
    assert other.saved_epoch == 2
    assert {float(array.max()) for array in other.history.weights.values()} == {5.0}
    assert other.clock.state() == first.clock.state()
    again = other.trained
    for mine, theirs in ((model.variables, again.variables), (model.optimizer.variables, again.optimizer.variables)):
        for one, two in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert int(again.optimizer.iterations) == 2
    assert any("seed" in variable.path for variable in again.variables)
    assert capsys.readouterr().out == f"resumes after epoch 2, from {path}\n"


def test_no_checkpoint_is_no_error(tmp_path: Path) -> None:
    """A training starts with an empty history."""
    made = training(tmp_path / "key.npz")
    made.restore()
    assert (made.history.epochs, made.saved_epoch) == ([], 0)


def test_saving_takes_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saving that takes 1 s is done again 50 s later, not before."""
    now = [0.0]
    saved: list[int] = []

    def save(path: Path, state: checkpoint.State) -> None:
        saved.append(len(state.notes["history"]))
        now[0] += 1

    monkeypatch.setattr(checkpoint, "save", save)
    monkeypatch.setattr(checkpoint.time, "perf_counter", lambda: now[0])
    made = training(tmp_path / "key.npz")
    for number in range(1, 9):
        now[0] += 20
        epoch(made, number, 1.0, 0.5)
    assert saved == [1, 4, 7]
    assert made.saved_epoch == 7


def test_the_last_epoch_is_always_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long that takes: the training is then done, also if what comes after it is interrupted."""
    monkeypatch.setattr(Checkpoint, "SHARE", 0.0)
    made = training(tmp_path / "key.npz")
    for number in range(1, 21):
        epoch(made, number, 1.0, 0.5)
    assert (made.history.done, made.saved_epoch) == (True, 20)


def test_the_epoch_that_ends_a_training_early_is_always_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is saved however long that takes; a process that restores it knows that the training has ended."""
    monkeypatch.setattr(Checkpoint, "SHARE", 0.0)
    path = tmp_path / "key.npz"
    made = training(path, patience=2)
    for number, loss in enumerate((0.5, 0.6, 0.6), 1):
        epoch(made, number, 1.0, 0.5, loss)
    assert made.saved_epoch == 3
    other = training(path, patience=2)
    assert not other.history.stops
    other.restore()
    assert other.history.stops
