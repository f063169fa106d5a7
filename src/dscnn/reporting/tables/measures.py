"""What is compared: a line a measure, from the file that holds it to its column in the report.

A new measure that a stage already writes is a line here; it is then in metrics/compare/, unless its line says
otherwise, and in the report.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from dscnn.core.files import significant


class Measure(NamedTuple):
    """One figure of a network; of a figure that each arm has, `over_seeds` says which one stands for all seeds."""

    name: str
    stage: Literal["evaluate", "train", "cost", "benchmark"]  # that writes it
    heading: str | None  # of its column in the report's first table; None: in another table
    form: Callable[[float], str]  # of a value there
    over_seeds: Literal["mean", "median"] | None = None
    extremes: bool = False  # lowest and highest of the seeds too, as NAME_min and NAME_max
    decimals: int | None = None  # that the files keep; None: four significant digits
    optional: bool = False  # null in the stage's file, where params.yaml leaves it out
    compared: bool = True  # in metrics/compare/; few are, so that `dvc metrics show` fits 120 columns

    @property
    def by_seed(self) -> bool:
        return self.over_seeds is not None

    @property
    def columns(self) -> list[str]:
        """Return its columns in the table of networks."""
        return [self.name, *(f"{self.name}_{end}" for end in ("min", "max") if self.extremes)]

    def kept(self, value: float) -> float | int:
        """Return `value` with the digits that a file keeps."""
        if self.decimals is None:
            return significant(value)
        return round(value, self.decimals) if self.decimals else round(value)


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


MEASURES = (
    Measure("accuracy", "evaluate", "test accuracy", "{:.4f}".format, "mean", extremes=True, decimals=4),
    Measure("loss", "evaluate", "loss", "{:.4f}".format, "mean", decimals=4),
    Measure("brier", "evaluate", None, "{:.4f}".format, "mean", decimals=4, compared=False),
    Measure("calibration_error", "evaluate", None, "{:.4f}".format, "mean", decimals=4, compared=False),
    Measure("mirror_accuracy", "evaluate", None, "{:.4f}".format, "mean", decimals=4, optional=True, compared=False),
    Measure("parameters", "cost", "parameters", "{:,}".format, decimals=0),
    Measure("macs", "cost", "multiply-adds", "{:,}".format, decimals=0),
    Measure("flops", "cost", "FLOPs", "{:,}".format, decimals=0, compared=False),
    Measure("train_seconds", "train", "train time", "{:.1f} s".format, "median", extremes=True),
    Measure("images_per_second", "train", "trained images/s", _rate, "median", compared=False),
    Measure("latency_ms", "benchmark", None, "{:.3g} ms".format, compared=False),
)
