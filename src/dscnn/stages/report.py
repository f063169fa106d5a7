"""Stage report: the figures, the tables a person reads, and the page that has all of them."""

import pandas as pd

from dscnn.core import files, splits
from dscnn.core.paths import figure, metrics
from dscnn.core.stage import run
from dscnn.experiment import params
from dscnn.reporting.figures import catalogue, style
from dscnn.reporting.page import page
from dscnn.reporting.report import PAGE, PATH, report
from dscnn.reporting.source import PLACE, Source
from dscnn.reporting.tables import stored


def with_pixels(disagreements: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the test image of each row, (height, width, channels), in a column `pixels`."""
    images = {name: splits.load(name, "test").images for name in disagreements["dataset"].unique()}
    pixels = [images[name][image] for name, image in zip(disagreements["dataset"], disagreements["image"], strict=True)]
    return disagreements.assign(pixels=pd.Series(pixels, dtype=object, index=disagreements.index))


def main() -> None:
    """Draw the figures, write metrics/report.md and plots/report.html."""
    settings, read = params.load(), {name: stored.read(name) for name in stored.NAMES}
    read["disagreements"] = with_pixels(read["disagreements"])
    looks = style.looks(read["networks"]["architecture"])
    places = read["networks"][PLACE].drop_duplicates().to_numpy()
    source = Source(
        settings,
        read,
        {name: files.read_json(metrics("prepare", name)) for name in dict.fromkeys(name for name, _ in places)},
        {(name, width): files.read_json(metrics("benchmark", name, width)) for name, width in places},
        files.read_json(metrics("references")),
        files.read_json(metrics("manifest"))["missing"],
    )
    for name, picture in catalogue.draw_all(read, looks, source.on_test):
        with files.whole(figure(name)) as file:
            file.write(picture)
    files.write_text(PATH, report(source))
    files.write_text(PAGE, page(source, looks))
    print(f"{PAGE}, {PATH} and {len(catalogue.FIGURES)} figures in plots/")


if __name__ == "__main__":
    run(main)
