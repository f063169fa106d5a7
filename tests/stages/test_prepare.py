import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tiny
from dscnn.core import paths, splits
from dscnn.core.stage import Problem
from dscnn.data.entry import fetched, packed
from dscnn.stages import pack, prepare
from tiny import CLASSES, TEST, TRAIN

SPLITS: tuple[splits.Split, ...] = ("train", "validation", "test")


def fetch(folder: Path) -> None:
    fetched("stripes").mkdir(parents=True)
    tiny.written(folder / fetched("stripes"))


def test_the_next_stages_find_what_they_read(folder: Path) -> None:
    """The splits hold uint8 images, channels last, in the right numbers, and the same bytes each time."""
    fetch(folder)
    prepare.main("stripes")
    for split, count in zip(SPLITS, (TRAIN * 4 // 5, TRAIN // 5, TEST), strict=True):
        data = splits.load("stripes", split)
        assert data.images.shape == (count, 8, 8, 1)
        assert data.images.dtype == data.labels.dtype == np.uint8
        assert np.bincount(data.labels).tolist() == [count // CLASSES] * CLASSES
    facts = json.loads(paths.metrics("prepare", "stripes").read_text())
    assert facts["splits"]["validation"]["n"] == 12
    assert facts["splits"]["validation"]["classes"] == {"low": 4, "middle": 4, "high": 4}
    assert facts["shared"] == {"train and validation": 0, "train and test": 0, "validation and test": 0}
    with Image.open(paths.figure("samples_stripes")) as sheet:
        assert sheet.format == "PNG"
    written = [splits.path("stripes", split) for split in SPLITS]
    written += [paths.metrics("prepare", "stripes"), paths.figure("samples_stripes")]
    before = [path.read_bytes() for path in written]
    prepare.main("stripes")
    assert [path.read_bytes() for path in written] == before


def test_another_file_is_named(folder: Path, archives: dict[str, Any]) -> None:
    """A shape that is not that of the data is a problem of the file, and nothing is written."""
    fetch(folder)
    source = tiny.datasets(archives)
    source["stripes"]["shape"] = [8, 9, 1]
    tiny.write_yaml(folder / "datasets.yaml", source)
    with pytest.raises(Problem, match=r"train-images.gz: its header is \[2051, 60, 8, 8\]"):
        prepare.main("stripes")
    assert not (folder / "data/prepared").exists()


@pytest.fixture
def photos(folder: Path, source: dict[str, Any]) -> Path:
    """A folder of the user's own images, data set `own` of the experiment."""
    tiny.write_yaml(folder / "datasets.yaml", {"own": tiny.own_images(folder / "photos")})
    tiny.write_yaml(folder / "params.yaml", source | {"datasets": ["own"], "folders": {"own": "photos"}})
    return folder / "photos"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("train/low/000.png", "1 of its files cannot be used:\n  train/low/000.png: no PNG"),
        ("train/low/a\\b.png", "member 'train/low/a\\\\b.png' has a backslash in its name"),
        (f"train/{packed('own')}/1.png", f"1 of its files cannot be used:\n  train/{packed('own')}/1.png: lies in a"),
    ],
    ids=["content", "member", "a name like the archive's"],
)
def test_images_of_ones_own_are_named_where_they_lie(photos: Path, name: str, said: str) -> None:
    """Not in the archive that was packed of them; nothing else in the text is another word for it."""
    (photos / name).parent.mkdir(parents=True, exist_ok=True)
    (photos / name).write_text("no image")
    pack.main("own")
    with pytest.raises(Problem, match=f"^photos: {re.escape(said)}"):
        prepare.main("own")


def test_a_class_without_images_of_ones_own_is_named_where_it_is_missing(photos: Path) -> None:
    """In the folder, not in the archive."""
    shutil.rmtree(photos / "test/low")
    pack.main("own")
    with pytest.raises(Problem, match=r"^photos: no image of low \(test\); classes"):
        prepare.main("own")


def test_images_of_ones_own_in_two_places_are_named_where_they_lie(photos: Path) -> None:
    """The folder around both."""
    shutil.copytree(photos / "train", photos / "copy/train")
    pack.main("own")
    with pytest.raises(Problem, match=r"^photos: images lie both in copy and in \."):
        prepare.main("own")


def test_an_archive_that_was_fetched_is_named_itself(folder: Path, archives: dict[str, Any]) -> None:
    """It is in no folder of the user's own."""
    fetch(folder)
    path = fetched("stripes") / "train-images.gz"
    content = path.read_bytes()[:-9]
    path.write_bytes(content)
    source = tiny.datasets(archives)
    source["stripes"]["files"]["train_images"] = tiny.described(path.name, content)
    tiny.write_yaml(folder / "datasets.yaml", source)
    with pytest.raises(Problem, match=f"^{re.escape(str(path))}: damaged or of another format"):
        prepare.main("stripes")
