"""Stage report: the figures, and the tables a person reads."""

import pandas as pd

from dscnn.core import files
from dscnn.core.paths import figure, metrics
from dscnn.core.stage import run
from dscnn.experiment import params
from dscnn.reporting.figures import catalogue
from dscnn.reporting.report import EXPERIMENT, PATH, Records, Tables, report
from dscnn.reporting.tables import arms, paths, present

MAY_BE_EMPTY = (  # unknown, or of no layer
    "flops", "bytes", "roofline_seconds", "predicted_seconds", "share", "low", "high", "p", "seeds_enough",
    "correlation",
    "accuracy_mean_low", "accuracy_mean_high",
)  # fmt: skip


def main() -> None:
    """Draw the figures and write metrics/report.md."""
    settings = params.load()
    spelled = dict.fromkeys(
        [*EXPERIMENT, "architecture", "base", "base_width", "seed", "label", "predicted", *arms.ENVIRONMENT], str
    )
    empty = {name: [""] for name in MAY_BE_EMPTY}
    read = {
        path.stem: pd.read_csv(path, dtype=spelled, keep_default_na=False, na_values=empty) for path in paths.TABLES
    }
    for name, picture in catalogue.draw_all(read, settings.validation == "test"):
        with files.whole(figure(name)) as file:
            file.write(picture)
    missing = files.read_json(metrics("manifest"))["missing"]
    places = present.architectures(present.arms(arms.arms(settings), missing))
    records = Records(
        {name: files.read_json(metrics("prepare", name)) for name in dict.fromkeys(name for name, _ in places)},
        {place: files.read_json(metrics("benchmark", *place)) for place in places},
        files.read_json(metrics("references")),
        read["breakeven"],
        read["equal_cost"],
        missing,
    )
    tables = Tables(**{name: read[name] for name in Tables._fields})
    files.write_text(PATH, report(settings, tables, records))
    print(f"{PATH} and {len(catalogue.FIGURES)} figures in plots/")


if __name__ == "__main__":
    run(main)
