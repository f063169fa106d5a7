import pandas as pd
import pytest

from dscnn import conditions, params


def test_the_reference_recipe_in_words(settings: params.Params) -> None:
    """Nothing but the schedule is named when nothing else is used."""
    assert conditions.recipe_words(settings.recipe) == "constant learning rate"
    assert conditions.kept_words(settings.train) == "the weights of the last epoch are scored"


def test_every_part_of_a_recipe_is_named(settings: params.Params) -> None:
    """Each key has its word, with its value."""
    values = {
        "schedule": "cosine", "warmup": 0.25, "weight_decay": 0.05, "label_smoothing": 0.125, "clip_norm": 2.0,
        "average": 0.998, "shift": 3, "flip": True, "cutout": 5,
    }  # fmt: skip
    assert set(values) == set(type(settings.recipe).model_fields)
    said = conditions.recipe_words(settings.recipe.model_copy(update=values))
    for words in (
        "cosine learning rate after a warm-up of 25%", "weight decay 0.05", "label smoothing 0.125", "norm 2",
        "decay 0.998", "shifts up to 3 pixels", "flips", "holes of 5 pixels",
    ):  # fmt: skip
        assert words in said


def test_which_epoch_is_scored_is_said(settings: params.Params) -> None:
    """The best one, and when training stops early."""
    train = settings.train.model_copy(update={"keep": "best", "early_stopping": 4})
    said = conditions.kept_words(train)
    assert said.startswith("the weights of the epoch of the best validation accuracy are scored")
    assert said.endswith("stopped after 4 epochs without a lower validation loss")


@pytest.mark.parametrize(("starts", "said"), [((1, 1), ""), ((1, 3), ", 2 interruptions included")])
def test_start_up_by_hand(starts: tuple[int, int], said: str) -> None:
    """Median of 6 and 4 seconds a start; 10 or 18 of all seconds."""
    seconds = [6.0, 4.0 * starts[1]]
    arms = pd.DataFrame(
        {"start_seconds": seconds, "starts": starts, "train_seconds": [50.0, 30.0], "validation_seconds": [7.0, 3.0]}
    )
    share = f"{sum(seconds) / (sum(seconds) + 90):.0%}"
    assert conditions.start_words(arms) == f"median 5.0 s an arm, {share} of the time of all arms{said}"
