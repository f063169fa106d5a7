import os
import re
import signal

import pytest

from dscnn.core.stage import Problem
from dscnn.training import callbacks


def test_progress_is_a_line_an_epoch_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """It has epoch, losses and accuracy."""
    progress = callbacks.Progress("A x1 seed 1", epochs=3, images=40, batch_size=16, done=1)
    progress.on_train_batch_end(0)
    progress.on_epoch_end(1, {"loss": 0.5, "val_loss": 0.25, "val_accuracy": 0.875})
    progress.on_train_end()
    said = capsys.readouterr()
    assert said.out == "A x1 seed 1 epoch 2/3: loss 0.5000, val_loss 0.2500, val_accuracy 0.8750\n"
    assert said.err == ""


def test_progress_is_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts the images done, of all epochs, with those of an earlier process; the last batch is smaller."""
    monkeypatch.setattr(callbacks.sys.stderr, "isatty", lambda: True)
    progress = callbacks.Progress("A x1 seed 1", epochs=3, images=40, batch_size=16, done=1)
    assert (progress.bar.n, progress.bar.total) == (40, 120)
    for step in range(3):
        progress.on_train_batch_end(step)
    assert progress.bar.n == 80
    progress.on_epoch_end(1, {"loss": 0.5, "val_loss": 0.25, "val_accuracy": 0.875})
    progress.on_epoch_begin(2)
    progress.on_train_end()
    said = capsys.readouterr()
    assert said.out == ""
    assert re.search(r"\rA x1 seed 1, epoch 3/3, acc 0\.875: +\S+img/s, \S+ left", said.err)


def test_the_line_of_the_bar_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """With epochs of three digits, a rate of three and hours left; what is longer is cut at the terminal's width."""
    monkeypatch.setattr(callbacks.sys.stderr, "isatty", lambda: True)
    progress = callbacks.Progress("SeparableConv x0.125 seed 1", epochs=150, images=500_000, batch_size=128, done=111)
    progress.on_epoch_end(110, {"loss": 0.5, "val_loss": 0.25, "val_accuracy": 0.875})
    progress.on_epoch_begin(111)
    line = progress.bar.format_meter(**{**progress.bar.format_dict, "rate": 4_383, "n": 58_500_000, "elapsed": 9})
    progress.on_train_end()
    assert line == "SeparableConv x0.125 seed 1, epoch 112/150, acc 0.875: 4.38kimg/s, 1:02:44 left"
    assert len(line) <= 80


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_training_at_the_next_step(number: signal.Signals) -> None:
    """A line says where the next run resumes; handlers are put back."""
    before = signal.getsignal(number)
    with callbacks.noted_signals() as signals:
        guard = callbacks.Guard("remedy", 10, signals, lambda: 2)
        guard.on_epoch_begin(2)
        guard.on_train_batch_end(0, {"loss": 1.0})
        os.kill(os.getpid(), number)
        with pytest.raises(
            SystemExit, match=rf"stopped by {number.name} in epoch 3; the next 'dvc repro' resumes after epoch 2"
        ):
            guard.on_train_batch_end(1, {"loss": 1.0})
    assert signal.getsignal(number) is before


def test_a_signal_in_the_first_epoch_and_in_validation() -> None:
    """Nothing is kept yet; validation stops too."""
    guard = callbacks.Guard("remedy", 10, ["SIGTERM"], lambda: 0)
    guard.on_epoch_begin(0)
    with pytest.raises(SystemExit, match="in epoch 1; the next 'dvc repro' starts from the beginning"):
        guard.on_test_batch_end(0)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_a_problem_at_once(loss: float) -> None:
    """The line has epoch, step and remedy."""
    guard = callbacks.Guard("lower train.learning_rate (1)", 10, [], lambda: 0)
    guard.on_epoch_begin(1)
    with pytest.raises(Problem, match=r"not a number in epoch 2, step 4: lower train\.learning_rate \(1\)"):
        guard.on_train_batch_end(3, {"loss": loss})
    with pytest.raises(Problem, match="validation loss is not a number in epoch 2: lower"):
        guard.on_epoch_end(1, {"loss": 1.0, "val_loss": loss})


def test_a_loss_far_worse_than_guessing_is_a_problem() -> None:
    """Guessing among ten classes gives 2.30; three times of it is too much from the second epoch on."""
    guard = callbacks.Guard("remedy", 10, [], lambda: 0)
    guard.on_epoch_begin(0)
    guard.on_epoch_end(0, {"loss": 7.0, "val_loss": 1.0})
    guard.on_epoch_begin(1)
    guard.on_epoch_end(1, {"loss": 6.9, "val_loss": 1.0})
    with pytest.raises(Problem, match=r"the loss exploded: 7 in epoch 2, where guessing gives 2\.3: remedy"):
        guard.on_epoch_end(1, {"loss": 7.0, "val_loss": 1.0})
