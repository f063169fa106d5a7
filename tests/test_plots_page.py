"""The pages of `dvc plots show` and `dvc plots diff` in a real browser: drawn, readable, side by side, offline."""

import re
import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import browser
import frames
from dscnn.tools import plots_page
from pipeline import Experiment
from tiny import PROJECT

PIPELINE = yaml.safe_load((PROJECT / "dvc.yaml").read_text())
ENTRIES = [entry for entry in PIPELINE["plots"] if isinstance(entry, dict)]  # the others are pictures
PLOTS: dict[str, Any] = {name: plot for entry in ENTRIES for name, plot in entry.items()}
LONG = {"Regular": "RegularConv", "Separable": "SeparableConv"}
TABLES = {
    "arms": frames.ARMS,
    "networks": frames.NETWORKS,
    "epochs": frames.EPOCHS.assign(val_loss=lambda table: 2 - table["val_accuracy"]),
    "relative": frames.RELATIVE,
    "decomposition": frames.CHANGES,
    "operations": frames.OPERATIONS,
    "breakeven": frames.BREAKEVEN,
    "confusion": frames.CONFUSION,
}
COMPARED = ["HEAD", "workspace"]
# of each plot: its texts with their place on the screen, and the marks of each panel
DRAWN = """Array.from(document.querySelectorAll('body > div[id]')).map(plot => {
  const box = element => (({left, top, right, bottom}) => [left, top, right, bottom])(element.getBoundingClientRect());
  const svg = plot.querySelector('svg.marks');
  const texts = (area, role) => Array.from(area.querySelectorAll(`.${role} text`))
    .filter(text => text.textContent && getComputedStyle(text).opacity > 0).map(text => [text.textContent, box(text)]);
  return {
    name: plot.id, box: box(svg), texts: texts(svg, 'mark-text'), labels: texts(svg, 'role-axis-label'),
    titles: texts(svg, 'role-axis-title'), headers: texts(svg, 'column_header').map(text => text[0]),
    rows: texts(svg, 'row_header .role-title-text'),
    panels: Array.from(svg.querySelectorAll('.cell > g')).map(panel => ({
      box: box(panel.querySelector('.background')),
      marks: Array.from(panel.querySelectorAll('.role-mark path, .role-mark line'))
        .map(mark => mark.getAttribute('aria-label') || ''),
    })),
  };
})"""


def changed(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return `table` with `columns` a quarter smaller, and what belongs to them (`x_low`) with them."""
    own = [name for name in table if any(re.fullmatch(rf"{column}(_\w+)?|low|high", name) for column in columns)]
    return table.assign(**{name: 0.75 * table[name] for name in own})


def drawn(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    for name, table in tables.items():
        named = table.replace(LONG)
        wider = pd.concat([named, named.assign(width="1")]) if "width" in table else named
        wider.to_csv(folder / f"plots/{name}.csv", index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """A repository with the plots of dvc.yaml and tables of two widths; in the workspace every value is smaller."""
    folder = tmp_path_factory.mktemp("plots") / "project"
    shutil.copytree(PROJECT / ".dvc/plots", folder / ".dvc/plots")
    shutil.copy(PROJECT / ".dvc/config", folder / ".dvc/config")
    plots_page.main(str(folder / ".dvc/plots.html"))
    (folder / "plots").mkdir()
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"plots": ENTRIES}))
    (folder / ".gitignore").write_text("/show\n/diff\n")
    drawn(TABLES, folder)
    made = Experiment(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    columns: dict[str, list[str]] = {}
    for plot in PLOTS.values():
        ((table, column),) = plot["y"].items()
        columns.setdefault(Path(table).stem, []).append(column)
    drawn({name: changed(table, columns[name]) for name, table in TABLES.items()}, folder)
    return made


@pytest.fixture(scope="module")
def pages(page: browser.Page, project: Experiment) -> dict[str, Path]:
    """What DVC's two commands write."""
    written = {}
    for name, words in {"show": ["show"], "diff": ["diff", "HEAD"]}.items():
        done = project.dvc("plots", *words, "--out", name)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        written[name] = project.folder / name / "index.html"
    return written


@pytest.fixture(scope="module", params=[("show", 1600), ("show", 400), ("diff", 1600), ("diff", 400)], ids=str)
def seen(page: browser.Page, pages: dict[str, Path], request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """What is on the page at this width, plot by plot."""
    name, width = request.param
    page.open(pages[name], width)
    page.until(f"document.querySelectorAll('body > div[id] svg.marks').length == {len(PLOTS)}")
    plots: list[dict[str, Any]] = page.value(DRAWN)
    return plots


@pytest.mark.parametrize("name", ["show", "diff"])
@pytest.mark.parametrize("width", [400, 1600])
def test_the_page_is_whole(page: browser.Page, pages: dict[str, Path], name: str, width: int) -> None:
    """Nothing leaves the machine, the console has no word to say, and no one scrolls sideways but inside a plot."""
    page.open(pages[name], width)
    page.until(f"document.querySelectorAll('body > div[id] svg.marks').length == {len(PLOTS)}")
    assert page.requests() == [pages[name].as_uri()]
    assert page.messages() == []
    assert not page.wider_than_window()
    boxes = page.value(
        "Array.from(document.querySelectorAll('body > div[id]')).map(plot => [plot.getBoundingClientRect().right,"
        " plot.scrollWidth > plot.clientWidth, getComputedStyle(plot).overflowX])"
    )
    assert max(right for right, _, _ in boxes) <= width
    assert {overflow for _, wider, overflow in boxes if wider} <= {"auto"}


def test_every_plot_is_drawn(seen: list[dict[str, Any]]) -> None:
    """Those of dvc.yaml, in its order, with marks in every panel, its title and its axes' labels."""
    assert [plot["name"] for plot in seen] == list(PLOTS)
    for plot, wanted in zip(seen, PLOTS.values(), strict=True):
        assert plot["panels"], plot["name"]
        assert all(panel["marks"] for panel in plot["panels"]), plot["name"]
        assert wanted["title"] in {text for text, _ in plot["texts"]}
        titles = {text for text, _ in plot["titles"]}
        assert titles == {wanted[label] for label in ("x_label", "y_label") if label in wanted}, plot["name"]


def test_nothing_is_cut_off(seen: list[dict[str, Any]]) -> None:
    """Every word is inside its picture, and none is shortened."""
    for plot in seen:
        left, top, right, bottom = plot["box"]
        for text, place in plot["texts"]:
            assert "…" not in text, plot["name"]
            inside = left - 1 <= place[0] and top - 1 <= place[1] and place[2] <= right + 1 and place[3] <= bottom + 1
            assert inside, (plot["name"], text)


def test_no_label_is_on_another(seen: list[dict[str, Any]]) -> None:
    """Labels and titles of axes, titles of rows."""
    for plot in seen:
        words = {(text, *place): place for text, place in [*plot["labels"], *plot["titles"], *plot["rows"]]}
        for (one, first), (other, second) in combinations(words.items(), 2):
            wide = min(first[2], second[2]) - max(first[0], second[0])
            high = min(first[3], second[3]) - max(first[1], second[1])
            assert wide < 1 or high < 1, (plot["name"], one[0], other[0])


@pytest.fixture(scope="module")
def compared(page: browser.Page, pages: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """What `dvc plots diff` shows, by plot."""
    page.open(pages["diff"])
    page.until(f"document.querySelectorAll('body > div[id] svg.marks').length == {len(PLOTS)}")
    return {plot["name"]: plot for plot in page.value(DRAWN)}


@pytest.mark.parametrize("name", PLOTS)
def test_revisions_stand_side_by_side(compared: dict[str, dict[str, Any]], name: str) -> None:
    """Each has a column with its name above it, as many marks as the other, and other values."""
    plot = compared[name]
    assert plot["headers"] == COMPARED
    lefts = sorted({panel["box"][0] for panel in plot["panels"]})
    assert len(lefts) == 2
    columns = [[panel for panel in plot["panels"] if panel["box"][0] == left] for left in lefts]
    assert len(columns[0]) == len(columns[1])
    for one, other in zip(*columns, strict=True):
        assert one["box"][2] < other["box"][0]
        assert (one["box"][1], one["box"][3]) == (other["box"][1], other["box"][3])
        assert len(one["marks"]) == len(other["marks"])
    # a ratio of the first architecture is 1 by definition, a part can be nothing: only those may agree
    assert [panel["marks"] for panel in columns[0]] != [panel["marks"] for panel in columns[1]]


def test_the_values_are_those_of_each_revision(compared: dict[str, dict[str, Any]]) -> None:
    """The parameters by hand: 1000 and 250, then a quarter less."""
    told = [" ".join(panel["marks"]) for panel in compared["parameters"]["panels"]]
    found = [list(dict.fromkeys(re.findall(r"architecture: (\w+); parameters: (\w+)", text))) for text in told]
    committed = [("RegularConv", "1k"), ("SeparableConv", "250")]
    edited = [("RegularConv", "750"), ("SeparableConv", "188")]
    assert found == [committed, edited] * 2  # two widths


def test_epochs_are_whole_numbers(compared: dict[str, dict[str, Any]]) -> None:
    """Two epochs have the ticks 1 and 2, and no other below the panels."""
    for name in ("val_loss", "val_accuracy"):
        plot = compared[name]
        floor = max(panel["box"][3] for panel in plot["panels"])
        assert [text for text, place in plot["labels"] if place[1] >= floor] == ["1", "2"] * 2


def test_an_axis_of_accuracies_does_not_begin_at_zero(compared: dict[str, dict[str, Any]]) -> None:
    """Differences are seen: the lowest label is near the lowest accuracy, 0.3 committed and 0.225 edited."""
    labels = [float(text.rstrip("%")) for text, _ in compared["accuracy"]["labels"] if text.endswith("%")]
    assert 15 <= min(labels) <= 25
    assert max(labels) <= 85
