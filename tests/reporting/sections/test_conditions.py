from typing import Any

import pandas as pd
import pytest

from dscnn.experiment import params
from dscnn.experiment.params import Params
from dscnn.reporting.sections import conditions
from dscnn.reporting.tables import timed
from frames import ARMS, ENVIRONMENT


def test_the_conditions_by_hand(source: dict[str, Any]) -> None:
    """Every line of the list is right for the tiny experiment."""
    settings = params.check(source | {"seeds": [1, 2, 3]})
    assert conditions.holds_for(settings, ARMS).splitlines() == [
        "- Training: epochs 1, batch 16, adam at 0.01, constant learning rate; categorical cross-entropy; the weights"
        " of the last epoch are scored.",
        "- Network: filters 8, 8, 8 times the width, kernel 3, dense 8; dropout 0.1 / 0.1 / 0.1 (conv / block / dense),"
        " batch norm momentum 0.5; pixels scaled to 0 to 1.",
        "- Seeds 1, 2, 3: accuracy and loss are the mean over the seeds, times the median, ranges the lowest and the"
        " highest.",
        "- Device cpu (A fast one), threads 1, float32, channels_last; TensorFlow 2.21.0, Keras 3.15.1, Python 3.11,"
        " Linux x86_64; timed on 2026-01-31.",
        "- Train time: the training steps of all epochs by a monotonic clock, without the first step (which builds the"
        " graph), validation and start-up. Trained images/s: training images over that time.",
        "- Start-up, from the start of the process to the end of the first step: median 6.0 s, in sum 56% of the time"
        " of all training processes.",
        "- Multiply-adds and FLOPs: per image, forward, inference. Multiply-adds are those of convolutions and dense"
        " layers; FLOPs are 2 x multiply-adds + element-wise operations (metrics/cost/ has every layer).",
    ]


def test_pixels_that_are_standardised_are_said_to_be_so(source: dict[str, Any]) -> None:
    """In the order of the arithmetic."""
    source["network"] |= {"pixel_mean": 0.475, "pixel_std": 0.25}
    said = conditions.holds_for(params.check(source), ARMS)
    assert "; pixels scaled to 0 to 1, then minus 0.475 and divided by 0.25.\n" in said


def test_several_machines_are_all_named(settings: Params) -> None:
    """Times of different machines stand in one table only if both are named."""
    arms = ARMS.assign(processor=["A fast one"] * 3 + ["A slow one"] * 3)
    assert "- Device cpu (A fast one and A slow one), threads" in conditions.holds_for(settings, arms)


def test_times_of_several_machines_carry_a_warning() -> None:
    """Between the arms, or between them and the benchmark; what differs is named, and nothing if nothing does."""
    assert conditions.machines(ARMS, ENVIRONMENT) == []
    arms = ARMS.assign(processor=["A fast one"] * 3 + ["A slow one"] * 3)
    (warning,) = conditions.machines(arms, ENVIRONMENT)
    assert warning.startswith(
        "**The train times are of different machines or installations: processor (A fast one, A slow one).**"
    )
    (warning,) = conditions.machines(ARMS, ENVIRONMENT | {"threads": 2, "keras": "3.16.0"})
    assert "train times and the step times below are of different" in warning
    assert "threads (1, 2); keras (3.15.1, 3.16.0).**" in warning


def test_times_that_do_not_count_are_said() -> None:
    """Nothing, where all count; how many do; or that they were taken beside other processes."""
    assert conditions.shared(ARMS) == []
    some = ARMS.assign(timed=[True, False, True] * 2, other_processors=[0.0, 1.4, 0.0] * 2)
    (said,) = conditions.shared(some)
    assert said.startswith("Train times are of 4 of 6 training runs: the others shared their machine with")
    (warning,) = conditions.shared(ARMS.assign(other_processors=[0.1, 1.4, 0.9] * 2))
    assert warning.startswith(
        "**4 of 6 training runs shared the machine with other processes**, which used up to 1.4 processors in the mean."
    )


def test_both_are_said_where_times_beside_others_count_and_others_do_not() -> None:
    """All six runs of one machine shared it; two of Regular ran on another, where Separable has none."""
    arms = pd.concat([ARMS, ARMS[:2].assign(processor="Another", other_processors=0.0)], ignore_index=True)
    arms["other_processors"] = arms["other_processors"].mask(arms["processor"] != "Another", 0.9)
    arms["timed"] = timed.counted(arms)
    assert arms["timed"].tolist() == [True] * 6 + [False] * 2
    shared, left = conditions.shared(arms)
    assert shared.startswith("**6 of 8 training runs shared the machine with other processes**, which used up to 0.9")
    assert left == (
        "Train times are of 6 of 8 training runs: the others ran on another kind of machine. Their accuracies count;"
        " only their last bits are of that machine."
    )
    arms.loc[7, "other_processors"] = 1.5
    shared, _ = conditions.shared(arms)
    assert shared.startswith("**7 of 8 training runs shared the machine with other processes**, which used up to 1.5")


def test_the_reference_recipe_in_words(settings: Params) -> None:
    """Nothing but the schedule is named when nothing else is used."""
    assert conditions.recipe_words(settings.recipe) == "constant learning rate"
    assert conditions.kept_words(settings.train) == "the weights of the last epoch are scored"


def test_every_part_of_a_recipe_is_named(settings: Params) -> None:
    """Each key has its words and its value."""
    values = {
        "schedule": "cosine", "warmup": 0.25, "weight_decay": 0.05, "label_smoothing": 0.125, "global_clipnorm": 2.0,
        "ema_decay": 0.998, "shift": 3, "flip": True, "cutout": 5,
    }  # fmt: skip
    assert set(values) == set(type(settings.recipe).model_fields)
    assert conditions.recipe_words(settings.recipe.model_copy(update=values)) == (
        "cosine learning rate after a warm-up of 25%, weight decay 0.05, label smoothing 0.125, gradients clipped to"
        " global norm 2, moving average of the weights with decay 0.998, shifts up to 3 pixels, horizontal flips,"
        " cutout of 5 pixels"
    )


def test_which_epoch_is_scored_is_said(settings: Params) -> None:
    """The best epoch is named, and so is an early stop."""
    train = settings.train.model_copy(update={"keep": "best", "early_stopping": 4})
    assert conditions.kept_words(train) == (
        "the weights of the epoch of the best validation accuracy are scored, stopped after 4 epochs without a lower"
        " validation loss"
    )


def test_one_is_not_said_as_many(settings: Params) -> None:
    """Nor is nothing left empty."""
    assert conditions.recipe_words(settings.recipe.model_copy(update={"shift": 1, "cutout": 1})).endswith(
        "shifts up to 1 pixel, cutout of 1 pixel"
    )
    assert "stopped after 1 epoch without" in conditions.kept_words(
        settings.train.model_copy(update={"early_stopping": 1})
    )
    assert conditions.dense_words(settings.network.model_copy(update={"dense": (256, 64)})) == "dense 256, 64"
    assert conditions.dense_words(settings.network.model_copy(update={"dense": ()})) == "no dense layer before the last"


@pytest.mark.parametrize(("starts", "said"), [((1, 1), ""), ((1, 3), ", 2 interruptions included")])
def test_start_up_by_hand(starts: tuple[int, int], said: str) -> None:
    """The median of 6 and 4 seconds a start is 5; starts take 10 of 100 seconds, or 18 of 108."""
    arms = pd.DataFrame(
        {
            "start_seconds": [6.0, 4.0 * starts[1]],
            "starts": starts,
            "train_seconds": [50.0, 30.0],
            "validation_seconds": [7.0, 3.0],
        }
    )
    share = {1: "10%", 3: "17%"}[starts[1]]
    assert conditions.start_words(arms) == f"median 5.0 s, in sum {share} of the time of all training processes{said}"


@pytest.mark.parametrize(("seconds", "said"), [(495.0, "1%"), (496.0, "less than 1%")])
def test_a_small_share_of_start_up_is_not_said_to_be_none(seconds: float, said: str) -> None:
    """Five seconds of 500 are 1%, of 501 less."""
    arms = pd.DataFrame(
        {"start_seconds": [5.0], "starts": [1], "train_seconds": [seconds - 1], "validation_seconds": [1.0]}
    )
    assert conditions.start_words(arms) == f"median 5.0 s, in sum {said} of the time of all training processes"


def test_the_architectures_are_named_with_their_convolutions(settings: params.Params) -> None:
    """Those of tests/tiny.py, in their order."""
    assert conditions.architectures(settings) == (
        "The networks are equal but for the two 3x3 convolutions of each block: Regular has two regular ones; Separable"
        " has two depthwise-separable ones. The width multiplies the filters of the blocks, 8, 8, 8: width 0.5 has 4,"
        " 4, 4."
    )


def test_two_kinds_are_named_in_their_order_and_each_width_has_its_filters(source: dict[str, Any]) -> None:
    """Other kinds have their names of params.yaml."""
    settings = params.check(source | {"architectures": {"A": ["conv", "blueprint"]}, "widths": [0.5, 1.0]})
    said = conditions.architectures(settings)
    assert "A has one regular, then one blueprint. The width" in said
    assert said.endswith(": width 0.5 has 4, 4, 4; width 1.0 has 8, 8, 8.")
