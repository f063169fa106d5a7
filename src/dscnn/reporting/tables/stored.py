"""The tables that stage compare writes, by name."""

from pathlib import Path

import pandas as pd

from dscnn.reporting.tables.arms import ENVIRONMENT

NAMES = (
    "confusion", "differences", "disagreements", "paired", "equal_cost", "equal_time", "epochs", "arms", "networks",
    "layers", "operations", "predicted", "relative", "decomposition", "deployed", "breakeven",
)  # fmt: skip
SPELLED = (
    "dataset", "width", "architecture", "base", "base_width", "seed", "label", "predicted", "only", *ENVIRONMENT,
)  # fmt: skip


def table(name: str) -> Path:
    """Return where the table `name`, one of `NAMES`, is written."""
    return Path("plots", f"{name}.csv")


def read(name: str) -> pd.DataFrame:
    """Return the table `name`. Names, widths and versions are as they are spelled; an empty cell is unknown."""
    spelled = dict.fromkeys(SPELLED, str)  # an architecture may be called NA, and Python 3.20 is not 3.2
    return pd.read_csv(table(name), dtype=spelled, keep_default_na=False, na_values=[""])
