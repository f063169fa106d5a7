import numpy as np
import pytest

from dscnn.core.device import keras
from dscnn.training.history import History, ValidateAverage, best, out_of_patience, summary


def network() -> keras.Model:
    """Return a layer of two weights and a bias."""
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def history(keep: str = "last", patience: int = 0) -> History:
    """Return the history of a training of three epochs of two steps."""
    return History(network(), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), 2, keep, patience)


def epoch(made: History, number: int, value: float, accuracy: float, val_loss: float = 1.0) -> None:
    """Let epoch `number` be over, whose weights were `value` when they were validated, and changed after that."""
    for weight in made.trained.weights:
        weight.assign(np.full(weight.shape, value, np.float32))
    made.on_test_end()
    made.trained.weights[0].assign_add(np.ones((2, 1), np.float32))
    made.on_epoch_end(number - 1, {"loss": 2.0, "accuracy": 0.1, "val_loss": val_loss, "val_accuracy": accuracy})


@pytest.mark.parametrize(("keep", "value"), [("last", 3.0), ("best", 2.0)])
def test_the_weights_kept_are_those_that_were_validated(keep: str, value: float) -> None:
    """They are of the last epoch, or of the first of the best."""
    made = history(keep)
    for number, accuracy in enumerate((0.5, 0.75, 0.75), 1):
        epoch(made, number, float(number), accuracy)
    assert {name: array.tolist() for name, array in made.weights.items()} == {
        weight.path: np.full(weight.shape, value).tolist() for weight in made.trained.weights
    }


def test_an_epoch_has_its_figures_and_the_rate_of_its_last_step() -> None:
    """Epochs are counted from 1."""
    made = history()
    assert not made.stops
    for number in (1, 2, 3):
        epoch(made, number, 1.0, 0.5)
    assert [row["epoch"] for row in made.epochs] == [1, 2, 3]
    assert [row["learning_rate"] for row in made.epochs] == [0.2, 0.4, 0.6]
    assert made.epochs[0] == {
        "epoch": 1, "loss": 2.0, "accuracy": 0.1, "val_loss": 1.0, "val_accuracy": 0.5, "learning_rate": 0.2,
    }  # fmt: skip


def test_early_stopping_by_hand() -> None:
    """The lowest loss is in the second epoch: two epochs without a lower one have passed at the fourth."""
    epochs = [{"val_loss": loss} for loss in (0.9, 0.5, 0.5, 0.6)]
    assert [out_of_patience(epochs[:count], 2) for count in range(1, 5)] == [False, False, False, True]
    assert not out_of_patience(epochs, 0)
    assert not out_of_patience(epochs, 3)


def test_training_stops_when_patience_ends() -> None:
    """Keras is told at the end of that epoch."""
    made = history(patience=1)
    epoch(made, 1, 1.0, 0.5, val_loss=0.5)
    assert (made.trained.stop_training, made.stops) == (False, False)
    epoch(made, 2, 1.0, 0.5, val_loss=0.6)
    assert (made.trained.stop_training, made.stops) == (True, True)


def test_the_best_epoch_is_the_first_of_the_best() -> None:
    """It is so by validation accuracy; the summary has the last epoch too, and which weights are kept."""
    accuracies = [0.5, 0.8, 0.7, 0.8, 0.6]
    epochs = [{"epoch": i + 1, "loss": 1.0, "val_accuracy": value} for i, value in enumerate(accuracies)]
    assert best(epochs) is epochs[1]
    assert summary(epochs, "last") == {
        "epochs": 5, "last": {"loss": 1.0, "val_accuracy": 0.6}, "best_epoch": 2, "best_val_accuracy": 0.8,
        "kept_epoch": 5,
    }  # fmt: skip
    assert summary(epochs, "best") == summary(epochs, "last") | {"kept_epoch": 2}


def test_the_average_is_validated_and_training_goes_on_with_the_weights() -> None:
    """It takes the weights' place for validation; afterwards they are the same to the last bit."""
    model = network()
    model.compile(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), loss="mse")
    model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=2, verbose=0)
    swap = ValidateAverage()
    swap.set_model(model)
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 0.1, np.float32))
    swap.on_test_begin()
    averages = [variable.numpy() for variable in model.trainable_variables]
    assert all((average != np.float32(0.1)).all() for average in averages)
    swap.on_test_end()
    assert all((variable.numpy() == np.float32(0.1)).all() for variable in model.trainable_variables)
