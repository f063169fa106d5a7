"""The report's section on accuracy: what can be said of the difference between two architectures, and how surely.

The verdicts of stage compare alone decide the words. Two kinds of chance are kept apart: other training runs on these
test images, and other test images too.
"""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.wording import ends, interval, points, probability, surprising, verdict
from dscnn.reporting.tables.differences import IMAGES, RUNS
from dscnn.reporting.text import Row
from dscnn.statistics import runs

FEW = 4  # seeds; fewer say too little of a standard deviation to plan by it
ONE_SIDED = 1.645 / 1.96  # what a one-sided test at 5 % leaves, of what a 95 % interval leaves


def details(differences: pd.DataFrame, paired: pd.DataFrame, margin: float, test_images: int) -> list[str]:
    """Return the numbers behind `sentences`; none for a single architecture. `margin` is in points."""
    if differences.empty:
        return []
    seeds = text.span({*differences["seeds"], *differences["base_seeds"]})
    alone = " (with one there is none, so no interval)" if seeds == "1" else ""
    return [
        table(differences),
        "*These images* asks how the mean accuracies of further training runs would differ on the same"
        f" {test_images:,} test images: Welch's t test over {text.counted(seeds, 'seed')} an"
        f" architecture{alone}. *New images* asks the same on other images: the variance of seeds and of images"
        " together. Intervals are 95%, *p* is of no difference. It is corrected for the pairs of this data set and"
        " width (Holm), not for the number of widths or data sets."
        f" *Alike* means that a difference of {points(margin)} or more (`comparison.margin`) is ruled out at 5%,"
        " corrected too. With few seeds the test on new images could come out surer than the one on these, though more"
        " is left to chance. So its interval is never narrower, and its *p* never smaller.",
        *single(differences),
        *(
            [by_seed(paired), "These *p* compare two trained networks each, and are not corrected for their number."]
            if not paired.empty
            else []
        ),
    ]


def single(differences: pd.DataFrame) -> list[str]:
    """Return how a single run of each would differ; intervals only where both have as many seeds (`runs.single`)."""
    known = differences[(differences["population"] == RUNS) & differences["low"].notna()]
    each = [
        f"{row['architecture']} minus {row['base']} {ends(*runs.single(row['low'], row['high'], row['seeds']))}"
        for row in text.records(known[known["seeds"] == known["base_seeds"]])
    ]
    said = "These intervals are for the difference of means; a single run of each differs more."
    if each:
        said += f" The 95% prediction interval for one new run of each, in points on these images: {'; '.join(each)}."
    return [] if known.empty else [said]


def sentences(differences: pd.DataFrame, margin: float, test_images: int) -> list[str]:
    """Return a sentence or two for each pair, on new images; on these images where that says something else."""
    said = []
    numbers = differences.astype({"seeds_enough": float})
    for (base, name), rows in numbers.groupby(["base", "architecture"], sort=False):
        of = {row["population"]: row for row in text.records(rows)}
        said.append(_pair(str(name), str(base), of[RUNS], of[IMAGES], margin, test_images))
    return said


def _pair(name: str, base: str, these: Row, new: Row, margin: float, test_images: int) -> str:
    if math.isnan(new["low"]):
        return f"**{name} and {base}** have each test image right or wrong alike, so nothing can be said of chance."
    said = f"**{verdict(name, base, new, margin)} on new images**: {interval(new)} points."
    single = [each for each, seeds in ((name, these["seeds"]), (base, these["base_seeds"])) if seeds == 1]
    if len(single) == 2:
        return f"{said} There is one seed, so this is of these two trained networks; others were not trained."
    if single:
        return f"{said} There is one seed of {single[0]}, so this is of that trained network; no other was trained."
    said += surprising(new, margin)
    if new["verdict"] == "unknown":
        said += _needed(new, these, margin, test_images)
    if these["verdict"] != new["verdict"] and not math.isnan(these["low"]):
        said += (
            f" On these {test_images:,} images alone, {verdict(name, base, these, margin)}: {interval(these)} points."
            f"{surprising(these, margin)}"
        )
    return said


def _needed(new: Row, these: Row, margin: float, test_images: int) -> str:
    """Return what would be needed to tell: more seeds, or more test images."""
    images, fewest = 100 * new["images_half_width"], min(new["seeds"], new["base_seeds"])
    if abs(100 * new["difference"]) > max(images, margin):
        return " If the difference is as large as it seems, more seeds would show it."
    if images * ONE_SIDED > margin:
        return (
            f" The {test_images:,} test images alone leave ±{text.digits(images, 2)} points, however many seeds are"
            " trained."
        )
    if math.isnan(these["low"]):
        return " All runs of each are equally accurate on these images, so nothing is known of how much seeds vary."
    if fewest < FEW:
        return f" {fewest} seeds say little of how much seeds vary: more are needed."
    enough = float(new["seeds_enough"])
    if math.isnan(enough):
        if abs(100 * new["difference"]) >= margin:
            return ""
        return (
            " If the true difference is the measured one, and seeds vary as these did, no number of seeds up to 1,000"
            f" would show it within {points(margin)} on these images (power 80%)."
        )
    if enough > fewest:
        return (
            f" If the true difference is the measured one, and seeds vary as these did, about {enough:g} seeds instead"
            f" of {text.span((new['seeds'], new['base_seeds']))} would show it within {points(margin)} on these images"
            " (power 80%)."
        )
    return ""


def table(differences: pd.DataFrame) -> str:
    """Return a row a pair: the difference in points, with interval, p and verdict in both populations."""
    rows = []
    for (base, name), own in differences.groupby(["base", "architecture"], sort=False):
        of = {row["population"]: row for row in text.records(own)}
        cells = [f"{name} minus {base}", f"{100 * of[RUNS]['difference']:+.2f}"]
        for population in (RUNS, IMAGES):
            row = of[population]
            if math.isnan(row["low"]):
                cells += ["unknown", "", ""]
            else:
                cells += [ends(row["low"], row["high"]), probability(row["p"]), row["verdict"]]
        correlation = of[RUNS]["correlation"]
        rows.append([*cells, "" if math.isnan(correlation) else f"{correlation:+.2f}"])
    of_each = [name for on in ("these", "new") for name in (f"95% interval, {on} images", "p", "verdict")]
    return text.table(["points of accuracy", "difference", *of_each, "correlation of seeds"], rows)


def by_seed(paired: pd.DataFrame) -> str:
    """Return for each pair on how many images only one of two networks of a seed is right."""
    seeds = sorted(paired["seed"].unique(), key=int)
    cells = {
        (
            row["base"],
            row["architecture"],
            row["seed"],
        ): f"{row['only_own']} / {row['only_base']} ({probability(row['p'])})"
        for row in text.records(paired)
    }
    pairs = list(dict.fromkeys(zip(paired["base"], paired["architecture"], strict=True)))
    return text.table(
        ["images that only one has right (McNemar's mid-p)", *(f"seed {seed}" for seed in seeds)],
        [[f"{name} / {base}", *(cells.get((base, name, seed), "missing") for seed in seeds)] for base, name in pairs],
    )
