from pathlib import Path

import numpy as np
import pytest

from dscnn import ledger, resume
from dscnn.device import keras
from dscnn.watch import Clock


def network() -> keras.Model:
    """A layer of two weights and a dropout, compiled."""
    keras.backend.clear_session()  # names as in a new process
    images = keras.Input((2,))
    outputs = keras.layers.Dropout(0.5, seed=1, name="drop")(keras.layers.Dense(1, name="only")(images))
    model = keras.Model(images, outputs)
    model.compile(optimizer=keras.optimizers.Adam(), loss="mse")
    model.optimizer.build(model.trainable_variables)
    return model


def kept_by(path: Path, model: keras.Model, keep: str = "last", patience: int = 0) -> ledger.Ledger:
    made = ledger.Ledger(model, path, Clock(), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), 2, keep, patience)
    made.SHARE = np.inf
    return made


def epoch(book: ledger.Ledger, number: int, value: float, accuracy: float, val_loss: float = 1.0) -> None:
    """Let `number` epochs be over, the weights be `value`, validated with `accuracy`, and changed after that."""
    for weight in book.trained.weights:
        weight.assign(np.full(weight.shape, value, np.float32))
    book.on_test_end()
    book.trained.weights[0].assign_add(np.ones((2, 1), np.float32))
    book.on_epoch_end(number - 1, {"loss": 2.0, "accuracy": 0.1, "val_loss": val_loss, "val_accuracy": accuracy})


@pytest.mark.parametrize(("keep", "value"), [("last", 3.0), ("best", 2.0)])
def test_the_weights_kept_are_those_that_were_validated(tmp_path: Path, keep: str, value: float) -> None:
    """Of the last epoch, or of the first of the best."""
    book = kept_by(tmp_path / "key.npz", network(), keep)
    for number, accuracy in enumerate((0.5, 0.75, 0.75), 1):
        epoch(book, number, float(number), accuracy)
    assert {float(array.max()) for array in book.weights.values()} == {value}
    assert [row["epoch"] for row in book.history] == [1, 2, 3]
    assert [row["learning_rate"] for row in book.history] == [0.2, 0.4, 0.6], "of the epoch's last step"
    assert book.history[0] | {"learning_rate": 0} == {
        "epoch": 1, "loss": 2.0, "accuracy": 0.1, "val_loss": 1.0, "val_accuracy": 0.5, "learning_rate": 0,
    }  # fmt: skip


def test_another_process_takes_up_everything(tmp_path: Path) -> None:
    """Weights, optimizer, the dropout's seed, what is kept, history and clock."""
    path, first = tmp_path / "key.npz", network()
    book = kept_by(path, first, "best")
    first.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=4, verbose=0)
    epoch(book, 1, 5.0, 0.5)
    epoch(book, 2, 7.0, 0.25)
    second = network()
    other = kept_by(path, second, "best")
    other.go_on()
    assert other.history == book.history
    assert {float(array.max()) for array in other.weights.values()} == {5.0}
    for mine, theirs in ((first.variables, second.variables), (first.optimizer.variables, second.optimizer.variables)):
        for one, two in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert int(second.optimizer.iterations) == 2
    assert any("seed" in variable.path for variable in second.variables)


def test_nothing_to_take_up_is_no_error(tmp_path: Path) -> None:
    """A training starts with an empty history."""
    book = kept_by(tmp_path / "key.npz", network())
    book.go_on()
    assert book.history == []
    assert not book.stops


def test_saving_takes_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saving that takes 1 s is done again 50 s later, not before."""
    now = [0.0]

    def save(path: Path, state: resume.State) -> None:
        saved.append(len(state.notes["history"]))
        now[0] += 1

    saved: list[int] = []
    monkeypatch.setattr(ledger.resume, "save", save)
    monkeypatch.setattr(ledger.time, "perf_counter", lambda: now[0])
    book = kept_by(tmp_path / "key.npz", network())
    book.SHARE = ledger.Ledger.SHARE
    book.rates = np.ones(20)
    for number in range(1, 9):
        now[0] += 20
        epoch(book, number, 1.0, 0.5)
    assert saved == [1, 4, 7]
    assert book.saved_epoch == 7


def test_early_stopping_by_hand() -> None:
    """The lowest loss in the second epoch: two epochs without a lower one at the fourth."""
    history = [{"val_loss": loss} for loss in (0.9, 0.5, 0.5, 0.6)]
    stops = [ledger.out_of_patience(history[:count], 2) for count in range(1, 5)]
    assert stops == [False, False, False, True]
    assert not ledger.out_of_patience(history, 0)
    assert not ledger.out_of_patience(history, 3)


def test_training_stops_when_patience_ends(tmp_path: Path) -> None:
    """And knows it when it is taken up again."""
    path, model = tmp_path / "key.npz", network()
    book = kept_by(path, model, patience=1)
    epoch(book, 1, 1.0, 0.5, val_loss=0.5)
    assert not model.stop_training
    epoch(book, 2, 1.0, 0.5, val_loss=0.6)
    assert model.stop_training
    other = kept_by(path, network(), patience=1)
    other.go_on()
    assert other.stops


def test_the_average_is_validated_and_training_goes_on_with_the_weights() -> None:
    """Swapped in for validation, to the last bit the same afterwards."""
    model = network()
    model.compile(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), loss="mse")
    model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=2, verbose=0)
    model.optimizer.build(model.trainable_variables)
    swap = ledger.Average()
    swap.set_model(model)
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 0.1, np.float32))
    swap.on_test_begin()
    averages = [variable.numpy() for variable in model.trainable_variables]
    assert all((average != np.float32(0.1)).all() for average in averages)
    swap.on_test_end()
    assert all((variable.numpy() == np.float32(0.1)).all() for variable in model.trainable_variables)
