import re
from pathlib import Path
from typing import Any

import psutil
import pytest

from dscnn.core import processor
from dscnn.core.stage import Problem
from dscnn.experiment import checks, datasets, params, size
from dscnn.networks.build import build


def test_the_least_is_counted_by_hand() -> None:
    """Two filters, then three, of 3 x 3 over one channel; 4 x 4 pixels, pooled to 2 x 2; 5 units and 2 classes."""
    network = params.Network(
        pixel_mean=0.0,
        pixel_std=1.0,
        filters=(4,),
        kernel=3,
        conv_dropout=0.0,
        block_dropout=0.0,
        norm_momentum=0.9,
        dense=(5,),
        dense_dropout=0.0,
    )
    conv = 9 * 1 * 2 + 9 * 2 * 2
    dense = (2 * 2 * 2) * 5 + 5 * 2
    activations = 2 * (4 * 4 * 2)
    expected = 8 * (conv + dense) + 2 * 10 * activations
    assert size.least(network, ("conv", "conv"), 0.5, (4, 4, 1), 2, 10) == expected
    separable = (1 * 2 + 2 * 2) - conv
    assert size.least(network, ("separable", "blueprint"), 0.5, (4, 4, 1), 2, 10) == expected + 8 * separable


@pytest.mark.parametrize("kind", ["conv", "separable", "blueprint", "grouped", "bottleneck", "depthwise"])
def test_it_is_never_more_than_what_is_built(settings: params.Params, kind: Any) -> None:
    """The weights of the network that Keras builds need as much or more."""
    network = settings.network.model_copy(update={"filters": (8, 16)})
    kinds = ("conv", kind)
    built = build(network, kinds, 1.0, (8, 8, 1), 3, 1)
    assert size.least(network, kinds, 1.0, (8, 8, 1), 3, 0) <= 8 * built.count_params()


LARGE = [
    ("network", {"filters": [2**16] * 3}, "widths: Regular at width 0.5 needs at least"),
    ("network", {"filters": [8, 8, 8], "dense": [2**16] * 8}, "widths: Regular at width 0.5 needs at least"),
    ("train", {"batch_size": 2**20}, "widths: Regular at width 0.5 needs at least"),
    ("breakeven", {"batch_sizes": [2**20]}, r"breakeven.batch_sizes: Regular at width 0.5 needs at least"),
    ("breakeven", {"sides": [1024]}, "breakeven.sides: Regular at width 0.5 needs at least"),
    ("breakeven", {"widths": [16.0]}, "breakeven.widths: Regular at width 16.0 needs at least"),
]


@pytest.mark.parametrize(("section", "values", "said"), LARGE)
def test_a_network_that_cannot_fit_is_said_before_it_is_built(
    source: dict[str, Any],
    archives: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    section: str,
    values: dict[str, Any],
    said: str,
) -> None:
    """With key, need, what there is, and what to change; on a machine of 50 MB."""
    import tiny

    memory = type("Memory", (), {"total": 50_000_000})()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(processor, "CGROUP", Path("/nowhere"))
    described = tiny.datasets(archives)
    described["stripes"]["images"]["train"] = 10**7  # more than a batch
    catalogue = datasets.check(described)
    source["network"]["filters"] = [64, 64, 64]
    checks.check(params.check(source), catalogue)
    source[section].update(values)
    with pytest.raises(Problem, match=rf"{re.escape(said)} [\d.,]+ GB .*; this machine has 0\.05 GB\. Fewer"):
        checks.check(params.check(source), catalogue)


@pytest.mark.parametrize(
    ("needed", "available", "said"),
    [
        (64_000_000_001, 8_000_000_000, ["64 GB", "8 GB"]),
        (1_234_567_000_000, 16_300_000_000, ["1,200 GB", "16 GB"]),
        (1_400_000_000, 1_100_000_000, ["1.4 GB", "1.1 GB"]),
        (1_040_000_000, 1_020_000_000, ["1.04 GB", "1.02 GB"]),
        (16_000_000_001, 16_000_000_000, ["16.000000001 GB", "16 GB"]),
        (50_000_000, 49_999_999, ["0.05 GB", "0.049999999 GB"]),
    ],
)
def test_what_is_needed_never_reads_as_what_there_is(needed: int, available: int, said: list[str]) -> None:
    """Two digits where those are enough."""
    assert size.gigabytes(needed, available) == said


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("1000", (1000, "this container")),
        ("4000", (3000, "this machine")),
        ("max", (3000, "this machine")),
        ("9223372036854771712", (3000, "this machine")),
        ("-1", (3000, "this machine")),
        ("", (3000, "this machine")),
    ],
)
def test_a_container_may_have_less_than_its_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: str, expected: tuple[int, str]
) -> None:
    """As by `docker run --memory=1000`, under both versions of cgroup; "max" or a huge number is no limit."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"total": 3000})())
    monkeypatch.setattr(processor, "CGROUP", tmp_path)
    assert size.memory() == (3000, "this machine")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"{limit}\n")
    assert size.memory() == expected
