import json
from pathlib import Path
from typing import Any

import pytest

from dscnn.core import device, files, processor
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.stages import breakeven
from dscnn.stages.breakeven import Point
from dscnn.timing import workloads
from swept import SWEPT

pytestmark = pytest.mark.usefixtures("unconfigured")
SHAPE = (8, 8, 1)


def edited(source: dict[str, Any], **changed: Any) -> params.Params:
    source["breakeven"].update(changed)
    return params.check(source)


def test_the_points_by_hand(source: dict[str, Any]) -> None:
    """One axis varies at a time; where axes cross there is one point; each precision has all."""
    swept = edited(source, widths=[0.25, 0.5], batch_sizes=[4, 16], sides=[8, 16], width=0.5).breakeven
    found = breakeven.points(swept, ["float32", "mixed_bfloat16"], 16, SHAPE)
    assert list(found.items())[:5] == [
        (Point("float32", 0.25, 16, SHAPE), {"width": 0.25}),
        (Point("float32", 0.5, 16, SHAPE), {"width": 0.5, "batch_size": 16, "side": 8}),
        (Point("float32", 0.5, 4, SHAPE), {"batch_size": 4}),
        (Point("float32", 0.5, 16, (16, 16, 1)), {"side": 16}),
        (Point("mixed_bfloat16", 0.25, 16, SHAPE), {"width": 0.25}),
    ]
    assert len(found) == 8


def test_an_empty_list_leaves_its_axis_out(source: dict[str, Any]) -> None:
    """Even the base is not measured then."""
    swept = edited(source, widths=[], batch_sizes=[], sides=[4]).breakeven
    assert breakeven.points(swept, ["float32"], 16, (8, 6, 3)) == {Point("float32", 0.5, 16, (4, 4, 3)): {"side": 4}}
    assert breakeven.points(edited(source, sides=[]).breakeven, ["float32"], 16, SHAPE) == {}


@pytest.mark.parametrize(("flags", "expected"), [({"amx_bf16"}, ["float32", "mixed_bfloat16"]), (set(), ["float32"])])
def test_auto_is_what_the_machine_is_fastest_in(
    source: dict[str, Any], monkeypatch: pytest.MonkeyPatch, flags: set[str], expected: list[str]
) -> None:
    """Whatever compute.precision says; if that is float32 too, it is measured once."""
    monkeypatch.setattr(processor, "flags", lambda: flags)
    source["compute"]["precision"] = "mixed_float16"
    assert breakeven.resolved(edited(source, precisions=["float32", "auto"])) == expected


def test_a_point_is_timed_as_it_says(settings: params.Params, monkeypatch: pytest.MonkeyPatch) -> None:
    """Precision, width, images and batch of the networks; a round for each of all calls; the policy is put back."""
    seen: list[tuple[str, Any, int]] = []

    def untrained(network: Any, *arguments: Any) -> Any:
        seen.append((network.layers[2].compute_dtype, network.input_shape, network.layers[2].filters))
        return original(network, *arguments)

    def inference(network: Any, images: Any) -> Any:
        given.append(images.shape.as_list())
        return plain(network, images)

    given: list[list[int]] = []
    original, plain = workloads.untrained, workloads.inference
    monkeypatch.setattr(workloads, "untrained", untrained)
    monkeypatch.setattr(workloads, "inference", inference)
    before = device.keras.config.dtype_policy().name
    said: list[str] = []
    found = breakeven.measured(Point("mixed_bfloat16", 0.75, 4, (16, 16, 3)), 5, settings, said.append)
    assert device.keras.config.dtype_policy().name == before
    assert seen == [("bfloat16", (None, 16, 16, 3), 6)] * 2
    assert given == [[4, 16, 16, 3], [1, 16, 16, 3]] * 2
    assert said == [f"round {number}/5" for number in range(6)]
    assert list(found) == ["Regular", "Separable"]
    for own in found.values():
        assert set(own) == {"training", "inference", "one_image"}
        assert all(len(timing["rounds"]) == 5 and timing["min"] > 0 for timing in own.values())


def test_main_times_every_point_and_says_where_and_how(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Environment, rounds and convention are beside the times, here made by hand."""
    times = SWEPT["points"][0]["architectures"]
    asked = []

    def measured(point: Point, classes: int, settings: params.Params, say: Any) -> dict[str, Any]:
        asked.append((point, classes))
        say("round 0/5")
        return times

    monkeypatch.setattr(breakeven, "measured", measured)
    environment = device.provenance(params.load().compute)
    files.write_json(device.MACHINE, environment)
    breakeven.main("stripes")
    assert asked == [(Point("float32", 0.5, 16, SHAPE), 3), (Point("float32", 0.5, 4, SHAPE), 3)]
    record = json.loads((folder / "metrics/breakeven/stripes.json").read_text())
    for said in ("monotonic clock", "median", "rounds", "one_image", "axes", "load"):
        assert said in record["convention"]
    del record["convention"]
    assert set(record.pop("load")) == {"other_processors", "stolen_processors"}
    shared = {"precision": "float32", "width": 0.5, "shape": [8, 8, 1], "architectures": times}
    assert record == {
        "environment": environment,
        "rounds": 5,
        "round_seconds": 0.001,
        "points": [
            {"axes": {"width": 0.5, "batch_size": 16}, "batch_size": 16} | shared,
            {"axes": {"batch_size": 4}, "batch_size": 4} | shared,
        ],
    }
    assert capsys.readouterr().out.splitlines() == [
        f"width 0.5, batch size {size}, 8 x 8 pixels, float32: a training step takes Regular 200 ms, Separable 100 ms"
        for size in (16, 4)
    ]


@pytest.mark.usefixtures("folder")
def test_without_the_machines_facts_it_says_what_is_missing() -> None:
    """Nothing is timed for a machine that is not known."""
    with pytest.raises(Problem, match=r"^data/machine\.json is missing"):
        breakeven.main("stripes")
