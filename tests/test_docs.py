"""The documents say what is so: tables, commands, links, presets, the picture of the house, and numbers."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from dscnn.costs.references import explained
from dscnn.experiment import params, references
from dscnn.reporting.sections.references import section
from dscnn.reporting.tables.measures import MEASURES
from dscnn.tools import record
from tiny import PROJECT

README, CHINESE = ((PROJECT / name).read_text() for name in ("README.md", "README.zh-TW.md"))
PAGES = [*PROJECT.glob("README*.md"), PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
RECORDS = sorted(path.parent for path in (PROJECT / "results").glob("*/report.md"))
SUMMARY = json.loads((PROJECT / "results/quick/summary.json").read_text())
((NETWORKS,),) = [width.values() for width in SUMMARY.values()]


def test_the_readmes_tables_are_those_of_the_record() -> None:
    """results/quick is the run; the README has its tables to the letter."""
    assert record.quoted(README, SUMMARY) == README
    assert record.quoted(CHINESE, SUMMARY) == CHINESE


def test_the_readmes_table_of_processors_is_that_of_the_records() -> None:
    """A step as each record's answer and its table have it, and an image by TensorFlow Lite from its table."""
    rows = re.findall(r"^\|[^|]+\(\[record\]\(results/([\w-]+)/report\.md\)\) \|(.+)\|$", README, re.MULTILINE)
    assert {"quick"} < {name for name, _ in rows} <= {folder.name for folder in RECORDS}
    for name, cells in rows:
        regular, both, separable, float32, int8 = (cell.strip() for cell in cells.split("|"))
        report = (PROJECT / "results" / name / "report.md").read_text()
        steps = report[report.index("| a training step |") :]
        found = re.search(r"\| RegularConv \|(?: [\d.]+ \|){2} [\d.]+ ms \| ([\d.]+) ms \|", steps)
        assert found
        assert regular == f"{float(found[1]):#.3g}".rstrip(".") + " ms", name
        for architecture, step in (("BothConv", both), ("SeparableConv", separable)):
            answer = report[report.index(f"**{architecture} instead of RegularConv") :]
            found = re.search(r"A training step takes ([\d.]+)x the time \(([\d.]+)x to ([\d.]+)x", answer)
            assert found
            shown = re.fullmatch(r"([\d.]+)x \(([\d.]+) to ([\d.]+)\)", step)
            assert shown
            for said, recorded in zip(shown.groups(), found.groups(), strict=True):
                assert len(said) == len("0.00")
                assert float(said) == pytest.approx(float(recorded), abs=0.00501), (name, "rounded")
        page = re.sub(r"\s*</?t[dh][^>]*>\s*", "|", (PROJECT / "results" / name / "report.html").read_text())
        latency = {
            (architecture, form): float(value)
            for architecture, form, value in re.findall(
                r"\|(\w+)\|+1\|+(float32|int8)\|+[\d,.]+ kB\|+([\d.]+) ms\|", page
            )
        }
        shares = dict(  # of records that have the ratios of the rounds
            re.findall(r"\|SeparableConv\|+1\|+(float32|int8)\|+[\d,.]+ kB\|+[\d.]+ ms \([^|]+\)\|+([\d.]+) \(", page)
        )
        for form, cell in (("float32", float32), ("int8", int8)):
            share = shares.get(form) or f"{latency['SeparableConv', form] / latency['RegularConv', form]:.2f}"
            assert cell == f"{share}x", (name, form)


def test_the_readmes_say_the_same_in_both_languages() -> None:
    """The same commands, the same numbers as often, and the same links and names in code, paragraph by paragraph."""

    def told(text: str) -> list[tuple[list[str], list[str], list[str]]]:
        blocks = text.replace("README.zh-TW.md", "README.md").split("\n## ")
        return [
            (
                re.findall(r"```\n.*?```", block, re.DOTALL),
                sorted(re.findall(r"(?<![\w.])\d[\d,.]*\d|\d", re.sub(r"`[^`]*`", "", block))),
                sorted(re.findall(r"`[^`\n]+`|\]\([^)]+\)", re.sub(r"```.*?```", "", block, flags=re.DOTALL))),
            )
            for block in blocks
        ]

    for english, chinese in zip(told(README), told(CHINESE), strict=True):
        assert english == chinese


def test_the_readme_is_short() -> None:
    """A screen or three; deep matters are in docs/."""
    assert len(README.splitlines()) < 150


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_is_a_target(page: Path) -> None:
    """A `make x` of a document is in the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Pictures and pages of the project."""
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", page.read_text())]
    assert [link for link in links if link and "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_to_a_section_leads_to_one(page: Path) -> None:
    """GitHub makes an anchor of a heading: in small letters, without marks, with - for each space."""

    def anchors(text: str) -> set[str]:
        headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    links = [link.partition("#") for link in re.findall(r"\]\(([^)]*#[^)]+)\)", page.read_text()) if "://" not in link]
    targets = [(page.parent / name if name else page, anchor) for name, _, anchor in links if not name.endswith("html")]
    assert [anchor for path, anchor in targets if anchor not in anchors(path.read_text())] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_module_that_is_named_is_there(page: Path) -> None:
    """As a path, or as a dotted name."""
    text = page.read_text()
    named = re.findall(r"src/dscnn/[\w/]+\.py", text)
    named += [f"src/{name.replace('.', '/')}.py" for name in re.findall(r"`(dscnn(?:\.\w+){2,3})`", text)]
    examples = {"src/dscnn/stages/X.py", "src/dscnn/stages/confusion.py"}
    assert [name for name in named if not (PROJECT / name).exists() and name not in examples] == []


def test_the_house_names_every_package() -> None:
    """And in the order of their imports, from the top down."""
    rows = README[README.index("| package |") :].partition("\n\n")[0].splitlines()[2:]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    config = (PROJECT / "pyproject.toml").read_text()
    layers = re.findall(r'"dscnn\.(\w+)"', config[config.index("layers = [") :].partition("]")[0])
    assert named == layers
    assert set(named) == {path.name for path in (PROJECT / "src/dscnn").iterdir() if (path / "__init__.py").exists()}


def test_every_preset_is_listed() -> None:
    """With its own first line."""
    presets = list((PROJECT / "presets").glob("*.yaml"))
    assert PROJECT / "presets/quick.yaml" in presets
    for preset in presets:
        question = preset.read_text().splitlines()[0].removeprefix(f"# {preset.stem}: ")
        assert f"| `{preset.stem}` | {question} |" in README


@pytest.mark.parametrize("folder", RECORDS, ids=lambda path: path.name)
def test_a_record_is_whole(folder: Path) -> None:
    """Everything that its report shows or links to is there, beside parameters and summary."""
    links = [link.partition("#")[0] for link in re.findall(r"\]\((.+?)\)", (folder / "report.md").read_text())]
    shown = {link for link in links if "://" not in link}
    assert len(shown) >= 5
    assert (folder / "params.yaml").exists()
    assert json.loads((folder / "summary.json").read_text())
    assert [name for name in shown if not (folder / name).exists()] == []


def test_the_default_record_is_of_the_quick_preset() -> None:
    """The README's numbers come from the preset that ships as params.yaml."""
    assert params.load(PROJECT / "results/quick/params.yaml") == params.load(PROJECT / "presets/quick.yaml")


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_the_params_of_a_record_can_be_run_today(record: Path) -> None:
    """Whatever keys have come since; the data sets are those of its summary."""
    settings = params.load(record / "params.yaml")
    assert list(settings.datasets) == list(json.loads((record / "summary.json").read_text()))


def test_the_locks_have_versions_and_hashes_and_no_addresses() -> None:
    """Any mirror of the package index can serve them."""
    for name in ("requirements.lock", "requirements-gpu.lock"):
        lock = (PROJECT / name).read_text()
        assert "://" not in lock
        assert "--index" not in lock
        packages = re.split(r"\n(?=\S)", lock.strip())
        assert len(packages) > 100
        assert all(
            re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", package) and "--hash=sha256:" in package for package in packages
        )


def test_git_keeps_no_data() -> None:
    """Nor weights: they are DVC's."""
    kept = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
    assert "README.md" in kept
    assert [path for path in kept if path.endswith((".npz", ".gz", ".xz", ".keras", ".h5"))] == []


def test_what_docs_say_of_the_reference_experiments_times_is_what_the_report_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shares of BothConv's time, and of the roofline."""
    monkeypatch.chdir(PROJECT)
    entry = explained(references.load("notebook2022"))
    both, separable = (entry["architectures"][name] for name in ("BothConv", "SeparableConv"))
    roof = [own["machines"]["RTX-3080"]["roofline_seconds"] for own in (both, separable)]
    docs = " ".join((PROJECT / "docs/cost.md").read_text().split())
    flops = separable["step_flops"] / both["step_flops"]
    took = separable["published"]["train_seconds"] / both["published"]["train_seconds"]
    assert (
        f"FLOPs predict {flops:.2f} for SeparableConv, the roofline predicts {roof[1] / roof[0]:.2f}, and the published"
        f" time is {took:.2f}." in docs
    )
    said = "".join(section({"n": entry}))
    numbers = re.search(r"RTX-3080: .*? reached the (\d+)%.*?([\d.]+)% in BothConv.*?([\d.]+)% in Separable", said)
    assert numbers
    share, in_both, in_separable = numbers.groups()
    assert f"RegularConv reached {share} % of the roofline" in docs
    assert f"reached {in_both} % in BothConv and {in_separable} % in SeparableConv" in docs


def test_the_counters_example_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The code of docs/cost.md, run as it stands."""
    code = re.search(r"```python\n(.+?)```", (PROJECT / "docs/cost.md").read_text(), re.DOTALL)
    assert code
    exec(code[1], {})
    printed = capsys.readouterr().out.splitlines()
    assert f"# {printed[0]}" in code[1]
    assert re.fullmatch(r"\(\d+, \d+\)", printed[1])


def test_what_docs_show_of_dvc_metrics_is_the_record() -> None:
    """A line a network of results/quick, a column a measure."""
    page = (PROJECT / "docs/dvc.md").read_text()
    head, *lines = page[page.index("Path  ") :].partition("\n```")[0].splitlines()
    shown = {
        Path(row[0]).stem: dict(zip(head.split()[1:], map(float, row[1:]), strict=True))
        for row in map(str.split, lines)
    }
    assert set(shown) == set(NETWORKS)
    for name, own in shown.items():
        assert own == {measure: NETWORKS[name][measure] for measure in own}
        assert list(own) == sorted(measure.name for measure in MEASURES if measure.compared)


def test_no_place_is_left_to_be_filled() -> None:
    """In the documents and the presets."""
    for path in (*PAGES, *(PROJECT / "presets").glob("*.yaml")):
        assert re.findall(r"\b(?:TODO|TIME|[A-Z]+_(?:HERE|TIME))\b", path.read_text()) == [], path.name
