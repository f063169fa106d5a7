import io

import pandas as pd
import pytest
from PIL import Image

from dscnn.reporting.figures import catalogue, panels, waterfall

NETWORKS = pd.DataFrame(
    {
        "dataset": ["d", "d"],
        "width": ["1", "1"],
        "architecture": ["A", "B"],
        "flops": [2_000_000, 500_000],
        "train_seconds": [4.0, 2.0],
        "train_seconds_low": [3.0, 2.0],
        "train_seconds_high": [6.0, 2.5],
    }
)


def test_each_experiment_has_its_panel_and_bytes_repeat() -> None:
    """Two widths are two panels side by side; the PNG has no date."""
    twice = pd.concat([NETWORKS, NETWORKS.assign(width="2")])
    draw = panels.bars("flops", "FLOPs")
    one, two, again = (catalogue.figure(table, "FLOPs", "", draw) for table in (NETWORKS, twice, twice))
    assert two == again
    widths = [Image.open(io.BytesIO(picture)).width for picture in (one, two)]
    assert widths[1] == 2 * widths[0]


def test_a_figure_across_widths_has_them_in_one_panel() -> None:
    """Each data set has a panel, whatever its widths."""
    widths = pd.concat([NETWORKS, NETWORKS.assign(width="2")])
    both = pd.concat([widths, widths.assign(dataset="e")])
    seen: list[tuple[str, int]] = []
    catalogue.figure(both, "t", "", lambda axes, table: seen.append((axes.get_title(), len(table))), across=True)
    assert seen == [("d", 4), ("e", 4)]


def test_a_picture_of_nothing_says_so() -> None:
    """A single architecture has no differences; the file is there all the same, in the usual size."""
    empty = pd.DataFrame(columns=["dataset", "width", "base", "architecture", "part"])
    pictures = [Image.open(io.BytesIO(catalogue.figure(table, "t", "", draw))) for table, draw in
                ((empty, waterfall.waterfall), (NETWORKS, panels.bars("flops", "FLOPs")))]  # fmt: skip
    assert pictures[0].size == pictures[1].size
    assert len(pictures[0].convert("L").getcolors()) > 5, "some words"


def test_curves_of_the_test_split_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The titles of curves change, those of bars do not; each figure is drawn from the table that it names."""
    monkeypatch.setattr(catalogue, "figure", lambda table, title, note, draw, across: f"{table}: {title}".encode())
    tables = {
        name: name for name in ("arms", "epochs", "networks", "relative", "decomposition", "operations", "breakeven")
    }
    honest, other = (dict(catalogue.draw_all(tables, on_test)) for on_test in (True, False))
    assert list(honest) == list(other) == list(catalogue.FIGURES)
    assert {name for name in honest if honest[name] != other[name]} == {"val_loss", "val_accuracy", "accuracy_by_time"}
    assert honest["val_loss"] == b"epochs: Validation loss by epoch (on the test split)"
    assert other["train_time"] == honest["train_time"] == b"networks: Train time"
