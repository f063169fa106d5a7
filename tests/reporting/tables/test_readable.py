import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from dscnn.core.stage import Problem
from dscnn.reporting.tables.readable import readable

PATH, OTHER = Path("metrics/x.json"), Path("metrics/y.csv")


@pytest.mark.parametrize(
    "read",
    [
        lambda: {}["brier"],
        lambda: json.loads("{"),
        lambda: float("no number"),
        lambda: None.get("x"),
        lambda: [][0],
        lambda: pd.DataFrame({"a": [1]})[["label"]],
        lambda: int(float("inf")),
        lambda: 1 / 0,
    ],
    ids=["key", "json", "number", "nothing", "list", "column", "infinite", "zero"],
)
def test_what_a_file_should_not_hold_is_said(read: Callable[[], object]) -> None:
    """With all files that were read, what happened, and what restores them."""
    said = r"^metrics/x\.json or metrics/y\.csv: not what its stage writes \(\w+: .*\)\. 'dvc status' names changed"
    with pytest.raises(Problem, match=said), readable(PATH, OTHER):
        read()


def test_a_missing_file_is_said() -> None:
    """By its own name."""
    with pytest.raises(Problem, match=r"^no/such\.csv is missing: 'dvc repro' makes it$"), readable(PATH):
        pd.read_csv("no/such.csv")


def test_other_problems_pass() -> None:
    """They say enough; so does an error of the operating system."""
    with pytest.raises(Problem, match=r"^as it was$"), readable(PATH):
        raise Problem("as it was")
    with pytest.raises(IsADirectoryError), readable(PATH):
        Path().read_text()
