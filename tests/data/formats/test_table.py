import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data.formats.table import Table
from tiny import described, mutated

TEXT = "".join(f"{i},{i + 1},0,255,{i % 3}.0\n" for i in range(8))


def read(folder: Path, content: bytes, **changed: Any) -> Labelled:
    (folder / "table.csv.gz").write_bytes(content)
    source: dict[str, Any] = {
        "format": "table",
        "shape": [2, 2, 1],
        "classes": ["a", "b", "c"],
        "images": {"train": 6, "test": 2, "seed": 0},
        "addresses": ["-"],
        "files": {"table": described("table.csv.gz", content)},
    }
    splits = Table.model_validate(source | changed).read("x")
    assert list(splits) == ["all"]
    return splits["all"]


def test_a_table_comes_back(folder: Path) -> None:
    """A line holds the pixels and last the label, as whole numbers or floats."""
    data = read(folder, gzip.compress(TEXT.encode()))
    assert data.images.shape == (8, 2, 2, 1)
    assert data.images[3, ..., 0].tolist() == [[3, 4], [0, 255]]
    assert data.labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    assert data.images.dtype == data.labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3,256,0\n" * 8, "0 to 255"),
        ("1,2,3,-1,0\n" * 8, "0 to 255"),
        ("1,2,3,0.5,0\n" * 8, "0 to 255"),
        ("1,2,3,nan,0\n" * 8, "0 to 255"),
        ("1,2,3,x,0\n" * 8, "damaged"),
        ("1,2,3,4,5,0\n" * 8, "8 lines of 6 numbers"),
        ("1,2,3,4,0\n" * 7, r"7 lines of 5 numbers; the 8 images of shape \[2, 2, 1\] in datasets\.yaml need 8 lines"),
        ("1,2,3,4,0\n" * 500, "unpacks to more than"),
    ],
)
def test_another_table_is_refused(folder: Path, text: str, said: str) -> None:
    """A table is refused for values that are no pixels and for lines or cells too few or too many."""
    with pytest.raises(Problem, match=said) as problem:
        read(folder, gzip.compress(text.encode()))
    assert "table.csv.gz" in str(problem.value)


def test_a_table_of_too_few_lines_takes_no_room_for_more(folder: Path) -> None:
    """The entry speaks of more images than any memory has room for."""
    content = gzip.compress(TEXT.encode())
    with pytest.raises(Problem, match=r"8 lines of 5 numbers; the 100000002 images"):
        read(folder, content, shape=[1024, 1024, 3], images={"train": 10**8, "test": 2, "seed": 0})


@pytest.mark.parametrize("compressed", [True, False])
def test_mutated_tables_are_refused_or_have_the_right_shape(folder: Path, compressed: bool) -> None:
    """Each of 200 tables that are mutated before or after compression is refused, or gives all images."""
    random, refused, plain = np.random.default_rng(0), 0, TEXT.encode()
    good = gzip.compress(plain, mtime=0)
    for _ in range(200):
        try:
            data = read(folder, mutated(good, random) if compressed else gzip.compress(mutated(plain, random)))
        except Problem:
            refused += 1
        else:
            assert data.images.shape == (8, 2, 2, 1)
    assert refused > 20
