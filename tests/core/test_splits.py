from pathlib import Path

import numpy as np
import pytest

from dscnn.core import splits
from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem

DATA = Labelled(np.arange(8, dtype=np.uint8).reshape(4, 2, 1, 1), np.array([3, 2, 1, 0], np.uint8))


def test_taking_keeps_images_with_their_labels() -> None:
    """They are taken by number, in the order asked for, or by a mask."""
    images, labels = DATA.take(np.array([2, 0]))
    assert images[:, :, 0, 0].tolist() == [[4, 5], [0, 1]]
    assert labels.tolist() == [1, 3]
    assert DATA.take(DATA.labels > 1).labels.tolist() == [3, 2]


def test_a_split_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies where dvc.yaml has it; a split that is not there is a problem."""
    monkeypatch.chdir(tmp_path)
    splits.save("stripes", "validation", DATA)
    assert Path("data/prepared/stripes/validation.npz").is_file()
    for mine, theirs in zip(splits.load("stripes", "validation"), DATA, strict=True):
        np.testing.assert_array_equal(mine, theirs, strict=True)
    with pytest.raises(Problem, match=r"data/prepared/stripes/test\.npz is missing"):
        splits.load("stripes", "test")
