import re
from typing import Any

import pytest

import tiny
from dscnn.core.stage import Problem
from dscnn.experiment import checks, datasets, params


@pytest.fixture
def catalogue(archives: dict[str, Any]) -> dict[str, Any]:
    """The content of a tiny datasets.yaml, to be edited."""
    return tiny.datasets(archives)


def errors(source: dict[str, Any], catalogue: dict[str, Any]) -> list[str]:
    """Return what is wrong with an experiment, a line an error."""
    try:
        checks.check(params.check(source), datasets.check(catalogue))
    except Problem as problem:
        return str(problem).split("\n  ")[1:]
    return []


def test_the_tiny_experiment_fits_together(source: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """As it stands."""
    assert errors(source, catalogue) == []


@pytest.mark.parametrize(
    ("section", "changed", "said"),
    [
        ("", {"datasets": ["dots"]}, "datasets: 'dots' is not in datasets.yaml, which has stripes"),
        ("", {"widths": [0.05]}, "widths: 0.05 leaves no filter of the 8 in network.filters; 0.125 keeps one"),
        ("breakeven", {"widths": [0.05]}, "breakeven.widths: 0.05 leaves no filter of the 8 in network.filters; 0.125"),
        (
            "breakeven",
            {"width": 0.05},
            "breakeven.width: 0.05 leaves no filter of the 8 in network.filters; 0.125 keeps",
        ),
        ("breakeven", {"sides": [7]}, "breakeven.sides: 7 pixels are too few for the 3 poolings of network.filters"),
        ("", {"validation": 0.01}, "validation: 0.01 of the 60 training images of stripes leaves none on one side of"),
        (
            "architectures",
            {"REGULAR": ["conv", "conv"]},
            "architectures: Regular and REGULAR differ in upper and lower",
        ),
        ("recipe", {"weight_decay": 0.1}, "recipe.weight_decay: adam has none; train.optimizer: adamw is adam with"),
        ("recipe", {"shift": 8}, "recipe.shift: 8 leaves nothing of 8 pixels"),
        ("recipe", {"cutout": 9}, "recipe.cutout: 9 leaves nothing of 8 pixels"),
        ("network", {"filters": [8] * 4}, "datasets.yaml stripes.shape: 8 pixels are too few for the 4 poolings"),
        ("folders", {"stripes": "x"}, "folders: 'stripes' is no data set of format image_folder in datasets.yaml"),
        ("folders", {"other": "x"}, "folders: 'other' is no data set of format image_folder in datasets.yaml"),
    ],
)
def test_what_does_not_fit_together_is_one_line(
    source: dict[str, Any], catalogue: dict[str, Any], section: str, changed: dict[str, Any], said: str
) -> None:
    """Key first, the value, and what is allowed."""
    (source[section] if section else source).update(changed)
    assert errors(source, catalogue)[0].startswith(said)


def test_channels_first_needs_images_wider_than_they_have_channels(
    source: dict[str, Any], catalogue: dict[str, Any]
) -> None:
    """8 filters at width 0.5 are 4 channels, and the second block has images of 4 x 4: Keras would mix them up."""
    source["compute"]["data_format"] = "channels_first"
    (found,) = errors(source, catalogue)
    assert found.startswith(
        "compute.data_format: channels_first adds the bias along the wrong axis in block 2 at width"
    )
    source["widths"] = source["breakeven"]["widths"] = [0.75]
    source["breakeven"]["width"] = 0.75
    assert errors(source, catalogue) == []
    source["breakeven"]["sides"] = [8, 12]
    (found,) = errors(source, catalogue)
    assert "in block 2 at width 0.75 (images of 12 pixels)" in found


def test_a_bottleneck_has_narrower_convolutions_too(source: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """24 and 32 filters: a quarter of the 32 is the 8 pixels of the first block's images."""
    source["compute"]["data_format"] = "channels_first"
    source["network"]["filters"], source["widths"] = [32, 24], [1]
    source["breakeven"] |= {"widths": [], "width": 1, "sides": []}
    assert errors(source, catalogue) == []
    source["architectures"]["Narrow"] = ["bottleneck", "bottleneck"]
    (found,) = errors(source, catalogue)
    assert "adds the bias along the wrong axis in block 1 at width 1 (images of 8 pixels)" in found


def test_all_errors_are_listed_at_once(source: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """A line each."""
    source["recipe"]["weight_decay"], source["validation"] = 0.1, 0.01
    assert [error.partition(":")[0] for error in errors(source, catalogue)] == ["recipe.weight_decay", "validation"]


def test_names_of_data_sets_differ_in_more_than_case(source: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """Some file systems would give them one folder; each is named beside the first of its kind."""
    catalogue |= dict.fromkeys(["other", "Stripes", "STRIPES"], catalogue["stripes"])
    assert errors(source, catalogue) == [
        f"datasets.yaml: stripes and {name} differ in upper and lower case only, and would share their files;"
        " rename one of them"
        for name in ("Stripes", "STRIPES")
    ]


@pytest.mark.parametrize(("count", "last"), [(5, "network 4"), (6, "... and 1 more"), (9, "... and 4 more")])
def test_five_networks_that_are_too_large_are_named_and_the_rest_counted(
    source: dict[str, Any], catalogue: dict[str, Any], monkeypatch: pytest.MonkeyPatch, count: int, last: str
) -> None:
    """Where one is too large, many are."""
    monkeypatch.setattr(checks.size, "check", lambda *_: (f"network {number}" for number in range(count)))
    found = errors(source, catalogue)
    assert found[:5] == [f"network {number}" for number in range(5)]
    assert (found[-1], len(found)) == (last, min(count, 6))


def test_two_arms_never_share_a_stage(source: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """DVC joins the parts of a name with hyphens, which names may have too, and drops one of two equal ones."""
    catalogue["stripes-1"] = catalogue["stripes"]
    kinds = ["conv", "conv"]
    changed = {"datasets": ["stripes", "stripes-1"], "widths": [1, 2], "architectures": {"X": kinds, "2-X": kinds}}
    assert errors(source | changed, catalogue) == [
        "datasets, widths, architectures: stripes / 1 / 2-X and stripes-1 / 2 / X would be one stage stripes-1-2-X;"
        " rename one of them"
    ]


def test_a_depthwise_convolution_cannot_make_any_number_of_channels(
    source: dict[str, Any], catalogue: dict[str, Any]
) -> None:
    """8 of one are, and 8 of 8; 4 of 8 or 6 of 4 are not, but they can be second."""
    source["architectures"]["Alone"] = ["depthwise", "depthwise"]
    assert errors(source, catalogue) == []
    source["network"]["filters"] = [8, 12, 8]
    first, _ = errors(source, catalogue)
    assert re.match(r"architectures\.Alone: depthwise cannot make 6 channels of 4, .*first convolution", first)
    source["architectures"]["Alone"] = ["conv", "depthwise"]
    assert errors(source, catalogue) == []
