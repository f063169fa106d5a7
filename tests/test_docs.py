"""The README says what is so: its tables, commands, presets and its picture of the house."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from dscnn.experiment import params
from dscnn.reporting import cost_section, figures
from dscnn.stages import references
from dscnn.tools import record
from tiny import PROJECT

README = (PROJECT / "README.md").read_text()
RECORDS = sorted(path.parent for path in (PROJECT / "results").glob("*/report.md"))


def test_the_quoted_tables_are_those_of_the_record() -> None:
    """results/quick is the run; the README quotes it to the letter."""
    assert record.quoted(README, (PROJECT / "results/quick/report.md").read_text()) == README


def test_every_command_is_a_target() -> None:
    """`make x` of the README is in the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert named <= targets
    assert {"repro", "test", "check", "preset", "record"} <= named


def test_every_link_leads_to_a_file() -> None:
    """Pictures and pages of the project."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("https://")]
    assert len(links) >= 3
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_the_house_names_every_module() -> None:
    """And none that is not there."""
    named = set(re.findall(r"\b(\w+)\.py\b", README[README.index("src/dscnn/\n") : README.index("tests/   ")]))
    assert named == {path.stem for path in (PROJECT / "src/dscnn").glob("*.py")} - {"__init__"}


def test_every_preset_is_listed() -> None:
    """With its own first line."""
    for preset in (PROJECT / "presets").glob("*.yaml"):
        question = preset.read_text().splitlines()[0].removeprefix(f"# {preset.stem}: ")
        assert f"| `{preset.stem}` | {question} |" in README


@pytest.mark.parametrize("folder", RECORDS, ids=lambda path: path.name)
def test_a_record_is_whole(folder: Path) -> None:
    """Its report shows pictures that are there, beside parameters and summary."""
    shown = re.findall(r"!\[.*?\]\((.+?)\)", (folder / "report.md").read_text())
    assert {f"{name}.png" for name in figures.FIGURES} <= set(shown)
    assert (folder / "params.yaml").exists()
    assert json.loads((folder / "summary.json").read_text())
    assert [name for name in shown if not (folder / name).exists()] == []


def test_the_default_record_is_of_the_quick_preset() -> None:
    """The README's numbers come from the preset that ships as params.yaml."""
    assert params.load(PROJECT / "results/quick/params.yaml") == params.load(PROJECT / "presets/quick.yaml")


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


def test_what_the_readme_concludes_is_in_the_record() -> None:
    """An eighth of the multiply-adds in about the same time; RegularConv scores highest, by less than two points."""
    ((networks,),) = [
        width.values() for width in json.loads((PROJECT / "results/quick/summary.json").read_text()).values()
    ]
    regular, separable = networks["RegularConv"], networks["SeparableConv"]
    assert 7 < regular["macs"] / separable["macs"] < 9
    assert 0.8 < separable["train_seconds"] / regular["train_seconds"] < 1.25
    bytes_moved, latencies = ({} for _ in range(2))
    for cells in (line.strip("| ").split(" | ") for line in README.splitlines() if line.startswith("| ")):
        if len(cells) == 7 and cells[6].count(" / ") == 3:
            bytes_moved[cells[0]] = float(cells[2])
        elif cells[2:3] in (["float32"], ["int8"]):
            latencies[cells[0], cells[2]] = float(cells[4].removesuffix(" ms"))
    assert bytes_moved["RegularConv"] < bytes_moved["BothConv"] < bytes_moved["SeparableConv"]
    assert 3 * latencies["SeparableConv", "float32"] < latencies["RegularConv", "float32"]
    integers = [latency for (_, form), latency in latencies.items() if form == "int8"]
    assert max(integers) < 1.3 * min(integers)
    assert "here the multiply-adds tell the time" not in README, "the roofline comes nearer"
    accuracies = [network["accuracy"] for network in networks.values()]
    assert regular["accuracy"] == max(accuracies) < min(accuracies) + 0.02


def test_what_docs_say_of_the_reference_experiments_times_is_what_the_report_says() -> None:
    """Shares of BothConv's time, and of the roofline."""
    entry = params.load(PROJECT / "presets/cifar10.yaml").published["notebook2022"]
    found = references.explained(entry)["architectures"]
    both, separable = (found[name] for name in ("BothConv", "SeparableConv"))
    roof = [own["machines"]["RTX-3080"]["roofline_seconds"] for own in (both, separable)]
    docs = " ".join((PROJECT / "docs/cost.md").read_text().split())
    flops = separable["step_flops"] / both["step_flops"]
    took = separable["published_seconds"] / both["published_seconds"]
    assert (
        f"FLOPs would have SeparableConv take {flops:.2f} of BothConv's time, the roofline {roof[1] / roof[0]:.2f},"
        f" and it took {took:.2f}." in docs
    )
    said = "".join(cost_section.published_section({"n": references.explained(entry)}))
    numbers = re.search(
        r"RTX-3080: RegularConv reached (\d+)%.*?reached ([\d.]+)% in BothConv .*?, ([\d.]+)% in Separable", said
    )
    assert numbers
    share, in_both, in_separable = numbers.groups()
    assert f"({share} % of an RTX 3080's)" in docs
    assert f"reached {in_both} % in BothConv and {in_separable} % in SeparableConv" in docs


def test_the_counters_example_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The code of docs/cost.md, run as it stands."""
    code = re.search(r"```python\n(.+?)```", (PROJECT / "docs/cost.md").read_text(), re.DOTALL)
    assert code
    exec(code[1], {})
    printed = capsys.readouterr().out.splitlines()
    assert f"# {printed[0]}" in code[1]
    assert re.fullmatch(r"\(\d+, \d+\)", printed[1])


def test_no_place_is_left_to_be_filled() -> None:
    """In the README and the presets."""
    for path in (PROJECT / "README.md", *(PROJECT / "presets").glob("*.yaml")):
        assert re.findall(r"\b(?:TODO|TIME|HEAD|[A-Z]+TIME)\b", path.read_text()) == [], path.name
