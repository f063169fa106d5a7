"""`make runs`: the experiments of `dvc exp run`, a row a network, with what came out and what was changed.

`dvc exp show` has a column for every parameter and every checksum, hundreds of them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import dvc.api
from dvc.exceptions import DvcException
from dvc.repo import Repo
from tabulate import tabulate

from dscnn.core.stage import Problem, run
from dscnn.experiment.params import Params
from dscnn.reporting.tables.measures import MEASURES

SHOWN = [measure for measure in MEASURES if measure.name in ("accuracy", "loss", "macs", "train_seconds")]
METRIC = re.compile(r"metrics/compare/(?P<network>.+)\.json:(?P<measure>\w+)")
CHECKSUM = re.compile(r"[0-9a-f]{32}(\.dir)?")
Row = Mapping[str, Any]


def networks(row: Row) -> dict[str, dict[str, float]]:
    """Return the measures of each network of `row`, by data set, width and architecture."""
    found: dict[str, dict[str, float]] = {}
    for key, value in row.items():
        match = METRIC.fullmatch(key)
        if match and value is not None:
            found.setdefault(match["network"].replace("/", " "), {})[match["measure"]] = value
    return found


def changed(row: Row, base: Row) -> str:
    """Return the values of params.yaml in which `row` differs from the commit `base`."""
    keys = [key for key in {**row, **base} if key.split(".")[0] in Params.model_fields]
    different = [key for key in keys if row.get(key) != base.get(key)]
    # a dep can have the name of a parameter; its value is a checksum
    return ", ".join(f"{key}: {row.get(key)}" for key in different if not CHECKSUM.fullmatch(str(row.get(key))))


def table(rows: Sequence[Row]) -> str:
    """Return the table of `rows` of DVC's `exp_show`: the workspace, then each commit with its experiments."""
    commits = [row for row in rows if row["typ"] == "baseline" and row["rev"] != "workspace"]
    base: Row = commits[0] if commits else {}
    lines = []
    for row in rows:
        base = row if row in commits else base
        state = row["State"] if row["State"] in ("Failed", "Queued", "Running") else ""
        name, told = row["Experiment"] or row["rev"], " ".join(filter(None, (state, changed(row, base))))
        for network, measures in (networks(row) or {"": {}}).items():
            figures = [
                shown.form(shown.kept(measures[shown.name])) if shown.name in measures else "" for shown in SHOWN
            ]
            lines.append([name, network, *figures, told])
            name = told = ""
    header = ["run", "network", *(shown.heading for shown in SHOWN), "changed in params.yaml"]
    align = ("left", "left", *("right" for _ in SHOWN), "left")
    return str(tabulate(lines, header, tablefmt="simple", colalign=align, disable_numparse=True))


def baselines() -> list[str]:
    """Return HEAD and the commits that experiments are of; DVC by itself shows those of HEAD alone.

    It takes a second for each commit, so the others are left out.
    """
    with Repo(".") as repo:
        if repo.scm.no_commits:
            return []
        waiting = {entry.baseline_rev for entry in repo.experiments.stash_revs.values()}
        others = {*repo.experiments.ls(all_commits=True), *waiting} - {repo.scm.get_rev()}
        # the newest first
        return ["HEAD", *sorted(others, key=lambda rev: repo.scm.resolve_commit(rev).commit_time, reverse=True)]


def main() -> None:
    """Print the table; raises `Problem` when DVC cannot read the experiments."""
    try:
        rows = dvc.api.exp_show(revs=baselines())
    except DvcException as error:
        raise Problem(str(error)) from error
    print(table(rows))


if __name__ == "__main__":
    run(main)
