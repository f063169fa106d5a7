from pathlib import Path
from typing import Any

import pytest

import frames
import tiny
from dscnn.core import files
from dscnn.core.paths import metrics
from dscnn.experiment import params
from dscnn.stages import manifest


@pytest.fixture
def measured(folder: Path, source: dict[str, Any]) -> Path:
    """The folder of two architectures and three seeds, of which every stage before this one has run."""
    tiny.write_yaml(folder / "params.yaml", source | {"seeds": [1, 2, 3]})
    for arm in frames.write_all():
        files.write_text(arm.predictions, "image\n")
    files.write_json(metrics("prepare", "stripes"), frames.FACTS)
    files.write_json(metrics("references"), {})
    return folder


def test_the_list_by_hand(source: dict[str, Any]) -> None:
    """One conversion a network, five files an arm, and each file once."""
    settings = params.check(source | {"architectures": {"A": ["conv", "conv"]}, "seeds": [2, 1]})
    assert sorted(map(str, manifest.listed(settings))) == [
        "data/prepared/stripes/test.npz",
        "metrics/benchmark/stripes/0.5.json",
        "metrics/breakeven/stripes.json",
        "metrics/cost/stripes/0.5/A.json",
        "metrics/deploy/stripes/0.5/A/2.json",
        "metrics/evaluate/stripes/0.5/A/1.csv",
        "metrics/evaluate/stripes/0.5/A/1.json",
        "metrics/evaluate/stripes/0.5/A/2.csv",
        "metrics/evaluate/stripes/0.5/A/2.json",
        "metrics/latency/stripes/0.5.json",
        "metrics/prepare/stripes.json",
        "metrics/probes/stripes/0.5.json",
        "metrics/references.json",
        "metrics/train/stripes/0.5/A/1/history.csv",
        "metrics/train/stripes/0.5/A/1/result.json",
        "metrics/train/stripes/0.5/A/1/timing.json",
        "metrics/train/stripes/0.5/A/2/history.csv",
        "metrics/train/stripes/0.5/A/2/result.json",
        "metrics/train/stripes/0.5/A/2/timing.json",
    ]


def listed(which: str) -> Any:
    return files.read_json(metrics("manifest"))[which]


def test_a_file_has_its_checksum(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file that is there is listed, and where no other lies there is no note."""
    manifest.main()
    made = listed("files")
    there = {str(path) for path in Path("metrics").rglob("*.*") if path.is_file()}
    assert set(made) == there - {"metrics/manifest.json"} | {"data/prepared/stripes/test.npz"}
    assert made["metrics/references.json"] == files.sha256(measured / "metrics/references.json")
    assert listed("missing") == []
    assert capsys.readouterr().out == f"{len(made)} files belong to this experiment\n"


@pytest.mark.usefixtures("measured")
def test_files_of_others_change_nothing_but_the_note(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of a removed architecture, and a file of nobody; what lies in other folders is not looked at."""
    manifest.main()
    before = metrics("manifest").read_bytes()
    capsys.readouterr()
    for path in (
        metrics("cost", "stripes", "0.5", "Gone"),
        Path("metrics/benchmark/notes.txt"),
        Path("metrics/x/y"),
        Path("data/prepared/stripes/train.npz"),
    ):
        files.write_text(path, "")
    manifest.main()
    assert metrics("manifest").read_bytes() == before
    assert manifest.others(list(manifest.listed(params.load()))) == [
        Path("metrics/benchmark/notes.txt"), Path("metrics/cost/stripes/0.5/Gone.json"),
    ]  # fmt: skip
    note = capsys.readouterr().out.splitlines()[1]
    assert note.startswith("note: 2 more, such as metrics/benchmark/notes.txt, do not: 'make prune' removes ")


@pytest.mark.usefixtures("measured")
def test_another_content_is_another_manifest() -> None:
    """Compare and report depend on it."""
    manifest.main()
    before = listed("files")
    changed = metrics("train", "stripes", "0.5", "Regular", "2", "timing")
    changed.write_text(changed.read_text() + " ")
    manifest.main()
    after = listed("files")
    assert [name for name in before if after[name] != before[name]] == [str(changed)]


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("name", ["references.json", "deploy/stripes/0.5/Regular/1.json"])
def test_a_missing_file_is_listed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It has no checksum, and a note says so."""
    Path("metrics", name).unlink()
    manifest.main()
    assert listed("missing") == [f"metrics/{name}"]
    assert f"metrics/{name}" not in listed("files")
    note = capsys.readouterr().out.splitlines()[1]
    assert note == f"note: 1 of them, such as metrics/{name}, is missing: 'make repro' makes it"
