"""`make record NAME=mine`: run the experiment and keep its results as results/NAME.

The record of the preset quick is also the source of the tables in both READMEs, between two marks.
"""

import re
from pathlib import Path
from typing import Any

from dscnn.core import files
from dscnn.core.paths import figure
from dscnn.core.stage import Problem, run
from dscnn.experiment import params
from dscnn.reporting import report, text
from dscnn.reporting.tables import networks, stored
from dscnn.tools import repro
from dscnn.tools.alone import alone

READMES, RESULTS = (Path("README.md"), Path("README.zh-TW.md")), Path("results")
START, END = "<!-- tables of results/quick, written by make record -->\n", "<!-- end -->"
LARGEST = 2 * 2**20  # bytes of a page; Git keeps each version that was ever committed
NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*"


def summary() -> dict[str, Any]:
    """Return what stage compare wrote of each network, as `{dataset: {width: {architecture: measures}}}`."""
    found: dict[str, Any] = {}
    for (dataset, width, architecture), own in networks.summary(stored.read("networks")).items():
        found.setdefault(dataset, {}).setdefault(width, {})[architecture] = own
    return found


def tables(summary: dict[str, Any]) -> str:
    """Return the two tables of the README: what the networks score and cost, and the same against the first."""
    (nets,) = [own for widths in summary.values() for own in widths.values()]
    first, base = next(iter(nets.items()))
    scores = [
        [
            name,
            f"{own['accuracy']:.4f}",
            f"{own['accuracy_min']:.4f} to {own['accuracy_max']:.4f}",
            f"{own['parameters']:,}",
            f"{own['macs'] / 1e6:.1f} M",
        ]
        for name, own in nets.items()
    ]
    ratios = [
        [
            name,
            f"{100 * (own['accuracy'] - base['accuracy']):+.2f} points",
            *(f"{own[cost] / base[cost]:.2f}x" for cost in ("parameters", "macs", "train_seconds")),
        ]
        for name, own in nets.items()
    ]
    return "\n\n".join(
        [
            text.table(["", "test accuracy", "lowest to highest", "parameters", "multiply-adds"], scores),
            text.table([f"against {first}", "test accuracy", "parameters", "multiply-adds", "train time"], ratios),
        ]
    )


def quoted(readme: str, summary: dict[str, Any]) -> str:
    """Return the text `readme` with what stands between its two marks replaced by the tables of `summary`."""
    head, start, rest = readme.partition(START)
    _, end, tail = rest.partition(END)
    if not start or not end:
        raise Problem(f"a README has lost its marks {START.strip()} and {END}: 'git checkout README*' restores them")
    return f"{head}{start}\n{tables(summary)}\n\n{end}{tail}"


def check(name: str) -> None:
    """Raise `Problem` unless `name` is a folder's, and if it is a preset's that params.yaml differs from."""
    if not re.fullmatch(NAME, name):
        raise Problem(f"NAME is {name!r}, should be letters, digits, - and _, the first a letter or digit")
    preset = Path("presets", f"{name}.yaml")
    if preset.exists() and _experiment(params.PATH) != _experiment(preset):
        raise Problem(f"{params.PATH} is not the experiment of {preset}: record it under another NAME")


def keep(name: str) -> None:
    """Copy params.yaml, summary, report, the figures that have a link, and a page that is not too large to results/."""
    folder = RESULTS / name
    words = report.PATH.read_text("utf-8").replace("(../plots/", "(")
    folder.mkdir(parents=True, exist_ok=True)
    shown = [figure(name) for name in re.findall(r"\(([\w-]+)\.png\)", words)]
    for path in (params.PATH, *shown):
        _copy(path, folder)
    for old in {*folder.glob("*.png")} - {folder / path.name for path in shown}:
        old.unlink()  # of an earlier record
    if report.PAGE.stat().st_size > LARGEST:
        (folder / report.PAGE.name).unlink(missing_ok=True)
        words = unlinked(words)
    else:
        _copy(report.PAGE, folder)
    files.write_json(folder / "summary.json", summary())
    files.write_text(folder / "report.md", words)
    if name == "quick":
        for readme in READMES:
            files.write_text(readme, quoted(readme.read_text("utf-8"), summary()))
    print(f"{folder}: the record of this run")


def unlinked(text: str) -> str:
    """Return the report of a record without its page: what only leads there is left out, but for how to make it."""
    link = rf"\[([^\]]+)\]\({re.escape(report.PAGE.name)}[^)]*\)"
    whole = (
        "The page, with every figure and table, is too large for Git. With the params.yaml beside this file, `make"
        " repro` makes it anew."
    )
    words = re.sub(rf"^On {link}: .*\n\n", "", text, flags=re.MULTILINE)
    words = re.sub(rf"^{link} has every figure .*$", whole, words, flags=re.MULTILINE)
    return re.sub(link, r"\1", words)


def main(name: str) -> None:
    """Run what changed of the experiment, then keep its results, with no other command beside it."""
    check(name)
    with alone():
        repro.reproduce()
        keep(name)


def _copy(path: Path, folder: Path) -> None:
    with files.whole(folder / path.name) as file:
        file.write(path.read_bytes())


def _experiment(path: Path) -> dict[str, Any]:
    return params.load(path).model_dump(exclude={"folders", "live"})


if __name__ == "__main__":
    run(main)
