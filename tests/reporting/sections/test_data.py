from dscnn.reporting.sections import data
from frames import FACTS


def test_a_split_by_hand() -> None:
    """A split has a row, with the smallest and the largest class."""
    _, _, *rows = data.data_table(FACTS).splitlines()
    said = "1,200 | 500 to 700 | 0.250 | 0.500 | 3 | 1 |"
    assert rows == [f"| {split} | {said}" for split in ("train", "validation", "test")]


def test_each_channel_has_its_mean_and_std() -> None:
    """Colour images have three of each."""
    split = FACTS["splits"]["train"] | {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}
    assert "| 0.100 / 0.200 / 0.300 | 0.400 / 0.500 / 0.600 |" in data.data_table({"splits": {"train": split}})


def test_images_that_are_in_two_splits_stand_out() -> None:
    """Those of a validation split that is meant to be the test split do not."""
    said = data.section(FACTS, on_test=False)
    assert said.startswith("3 classes: low, middle, high.\n\n|")
    assert said.endswith("\n\n**2 images in both train and test; 1,200 images in both validation and test.**")
    assert data.section(FACTS, on_test=True).endswith("\n\n**2 images in both train and test.**")


def test_splits_that_share_nothing_are_said_to_be_clean() -> None:
    """Every pair is named."""
    clean = FACTS | {"shared": {"train and test": 0, "train and validation": 0}}
    assert data.section(clean, on_test=False).endswith(
        "\n\nNo image is in both train and test, nor in both train and validation."
    )
