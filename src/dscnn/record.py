"""Keep the present results as results/NAME, and quote the record of the default experiment in the README."""

import re
import shutil
from pathlib import Path
from typing import Any

from dscnn import files, layout, params
from dscnn.stage import Problem, run

README = Path("README.md")
START, END = "<!-- from results/quick/report.md; tests/test_docs.py holds them equal -->\n", "<!-- end -->"


def quote(report: str) -> str:
    """Return what the README quotes of a report: its first result, the cost behind it, and what it holds for."""
    conditions, _, rest = report.partition("## Conditions\n\n")[2].partition("\n\n## ")
    title, _, body = rest.partition("\n\n")
    tables = body.partition("\n\nEvery arm:")[0]
    cost = body.partition("### Cost explained\n\n")[2].partition("\n\nWhere the time of a step goes")[0]
    deployed = body.partition("Converted to TensorFlow Lite")[2].partition("\n\n## ")[0]
    converted = f"Converted to TensorFlow Lite{deployed}\n\n" if deployed else ""
    return f"\n**{title}**\n\n{tables}\n\n{cost}\n\n{converted}{conditions}\n\n"


def quoted(readme: str, report: str) -> str:
    """Return `readme` with the text between its two marks replaced by the quotation of `report`."""
    head, start, rest = readme.partition(START)
    _, end, tail = rest.partition(END)
    if not start or not end:
        raise Problem(f"{README} has lost its marks {START.strip()} and {END}: 'git checkout {README}' restores them")
    return head + start + quote(report) + end + tail


def main(name: str) -> None:
    """Copy params.yaml, summary, report and figures to results/`name`; 'make record' runs the pipeline before.

    Raises `Problem` when `name` is a preset's and params.yaml differs from it in more than the catalogue.
    """
    preset = Path("presets", f"{name}.yaml")
    if preset.exists() and _experiment(params.PATH) != _experiment(preset):
        raise Problem(f"{params.PATH} is not the experiment of {preset}: record it under another NAME")
    folder = Path("results", name)
    report = layout.REPORT.read_text().replace("(../plots/", "(")
    folder.mkdir(parents=True, exist_ok=True)
    shown = re.findall(r"\(([\w-]+\.png)\)", report)
    for path in (params.PATH, layout.SUMMARY, *(Path("plots", picture) for picture in shown)):
        shutil.copyfile(path, folder / path.name)
    files.write_text(folder / "report.md", report)
    if name == "quick":
        files.write_text(README, quoted(README.read_text(), report))
    print(f"{folder}: the record of this run")


def _experiment(path: Path) -> dict[str, Any]:
    return params.load(path).model_dump(exclude={"catalogue", "folders"})


if __name__ == "__main__":
    run(main)
