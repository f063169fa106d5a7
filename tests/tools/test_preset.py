import os
from pathlib import Path

import pytest
import yaml

from dscnn.core.stage import Problem
from dscnn.tools import preset

SMALL = "# small: does it work?\n#\n# Takes a minute.\ndatasets: [a] # of datasets.yaml\n\ntrain:\n  epochs: 1\n"
LARGE = "# large: is it better?\ndatasets: [b]\n\ntrain:\n  epochs: 9\n  batch_size: 64\n"
PLAIN = "datasets: [c]\ntrain:\n  epochs: 5\n"  # without opening comment
PARAMS = Path("params.yaml")


@pytest.fixture(autouse=True)
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three presets, and no params.yaml."""
    monkeypatch.chdir(tmp_path)
    Path("presets").mkdir()
    for name, text in (("small", SMALL), ("large", LARGE), ("plain", PLAIN)):
        Path(f"presets/{name}.yaml").write_text(text)


def test_the_first_preset_is_introduced(capsys: pytest.CaptureFixture[str]) -> None:
    """Its opening comment says what it asks and how long it takes."""
    preset.main("small", "")
    assert PARAMS.read_text() == SMALL
    assert capsys.readouterr().out == "small: does it work?\n\nTakes a minute.\n\nparams.yaml written\n"
    assert sorted(path.name for path in Path().iterdir()) == ["params.yaml", "presets"]


def test_another_preset_says_what_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    """The old lines and the new, but not the opening comments."""
    PARAMS.write_text(SMALL)
    preset.main("large", "")
    assert PARAMS.read_text() == LARGE
    assert capsys.readouterr().out.splitlines() == [
        "large: is it better?",
        "",
        "params.yaml changed:",
        "- datasets: [a] # of datasets.yaml",
        "+ datasets: [b]",
        "-   epochs: 1",
        "+   epochs: 9",
        "+   batch_size: 64",
    ]


def test_the_same_preset_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """It says so."""
    PARAMS.write_text(PLAIN)
    preset.main("plain", "")
    assert PARAMS.read_text() == PLAIN
    assert capsys.readouterr().out == "\nparams.yaml has the same values as before\n"


@pytest.mark.parametrize("force", ["", "0"])
def test_an_edited_file_is_kept(force: str) -> None:
    """The edits are shown against the preset that they were made to, with the way out."""
    edited = LARGE.replace("epochs: 9", "epochs: 20")
    PARAMS.write_text(edited)
    with pytest.raises(Problem) as problem:
        preset.main("small", force)
    assert str(problem.value).splitlines() == [
        "params.yaml has been edited; against preset large:",
        "  -   epochs: 9",
        "  +   epochs: 20",
        "Commit or copy it, then 'make preset NAME=small FORCE=1' overwrites it.",
    ]
    assert PARAMS.read_text() == edited


def test_force_overwrites_edits(capsys: pytest.CaptureFixture[str]) -> None:
    """It still says what has changed."""
    PARAMS.write_text(PLAIN.replace("epochs: 5", "epochs: 6"))
    preset.main("plain", "1")
    assert PARAMS.read_text() == PLAIN
    assert capsys.readouterr().out.splitlines() == ["", "params.yaml changed:", "-   epochs: 6", "+   epochs: 5"]


def test_a_disk_that_is_full_leaves_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written whole, or not at all."""
    PARAMS.write_text(SMALL)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        preset.main("large", "")
    assert PARAMS.read_text() == SMALL
    assert sorted(path.name for path in Path().iterdir()) == ["params.yaml", "presets"]


@pytest.mark.parametrize("name", ["small", "large", "plain"])
def test_windows_line_ends_are_no_edit(name: str) -> None:
    """They may come with a checkout, of params.yaml or of the presets."""
    path = Path(f"presets/{name}.yaml")
    PARAMS.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    preset.main("small", "")
    assert PARAMS.read_bytes() == SMALL.encode()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    preset.main(name, "")
    preset.main("large", "")
    assert PARAMS.read_bytes() == LARGE.encode()


def test_an_edit_in_a_file_with_windows_line_ends_is_one_line() -> None:
    """Every other line is the same."""
    PARAMS.write_bytes(PLAIN.replace("epochs: 5", "epochs: 6").replace("\n", "\r\n").encode())
    with pytest.raises(Problem, match=r"against preset plain:\n  -   epochs: 5\n  \+   epochs: 6\nCommit"):
        preset.main("small", "")


def test_edits_before_the_data_sets_are_shown() -> None:
    """A file of another order, as a program writes it, is compared from its first line."""
    content = {"architectures": {"A": ["conv", "conv"]}} | yaml.safe_load(PLAIN)
    PARAMS.write_text(yaml.dump(content))
    with pytest.raises(Problem, match=r"\n  \+ architectures:\n  \+   A:\n"):
        preset.main("small", "")
    Path("presets/mine.yaml").write_text(PARAMS.read_text())
    preset.main("mine", "")


def test_an_edited_opening_comment_is_an_edit() -> None:
    """It would be lost as well."""
    PARAMS.write_text(SMALL.replace("a minute", "two minutes"))
    with pytest.raises(Problem, match="against preset small:\n  the opening comment alone\n"):
        preset.main("large", "")


def test_the_start_of_a_document_is_a_line_as_others() -> None:
    """`---` is no part of the comparison's own header."""
    PARAMS.write_text("---\n" + PLAIN)
    with pytest.raises(Problem, match=r"against preset plain:\n  \+ ---\n"):
        preset.main("small", "")


@pytest.mark.parametrize("content", [b"mine", b"datasets: [a\xff]\n", b"a: ["])
def test_a_broken_file_is_kept_too(content: bytes) -> None:
    """FORCE=1 mends it."""
    PARAMS.write_bytes(content)
    with pytest.raises(Problem, match="has been edited"):
        preset.main("small", "")
    assert PARAMS.read_bytes() == content
    preset.main("small", "1")
    assert PARAMS.read_text() == SMALL


@pytest.mark.parametrize("name", ["", "smal", "small.yaml", "../presets/small", "./small", "SMALL", "*"])
def test_a_name_is_that_of_a_preset(name: str) -> None:
    """It is no path; those there are, are named."""
    with pytest.raises(Problem) as problem:
        preset.main(name, "1")
    assert str(problem.value) == f"NAME is '{name}', should be one of: large, plain, small"
    assert not PARAMS.exists()
