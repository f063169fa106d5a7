import copy
from typing import Any

import pandas as pd

from conftest import PROJECT
from dscnn import cost_section, cost_tables, params, published
from test_explain import tables
from timed import RECORD

REFERENCE = params.load(PROJECT / "presets/cifar10.yaml").published["notebook2022"]


def test_the_step_table_by_hand() -> None:
    """Work, bytes, roofline, median and range; shares of the first."""
    networks, _, _ = tables(RECORD)
    *_, separable = cost_section.step_table(networks).splitlines()
    assert separable == (
        "| Separable | 0.04 | 0.009 | 108.0 ms | 250.0 ms | 225.0 to 275.0 ms | 0.15 / 1.48 / 0.38 / 0.62 |"
    )


def test_the_kind_table_by_hand() -> None:
    """Milliseconds, the roofline's in brackets; a kind that an architecture has not is empty."""
    _, _, kinds = tables(RECORD)
    lines = cost_section.kind_table(kinds).splitlines()
    assert lines[0] == "| ms (by the roofline) | Regular | Separable |"
    assert "| convolution | 300.00 (243.00) |  |" in lines
    assert "| depthwise |  | 120.00 (33.00) |" in lines
    assert [line.split(" | ")[0] for line in lines[-3:]] == ["| optimizer", "| loss", "| left over"]


def test_the_inference_table_by_hand() -> None:
    """One image and a batch."""
    networks, _, _ = tables(RECORD)
    *_, separable = cost_section.inference_table(networks, 16).splitlines()
    assert separable == "| Separable | 2 ms | 1.8 to 2.2 ms | 62.5 ms | 256 |"


def test_the_section_says_how_well_the_roofline_predicts() -> None:
    """From the same layers."""
    networks, layers, kinds = tables(RECORD)
    text = "\n\n".join(cost_section.section(networks, layers, kinds, RECORD))
    figures = cost_tables.agreement(layers)
    assert f"rank correlation (Spearman) {figures['rank_correlation']:.2f}" in text
    assert f"the median error is a factor of {figures['median_factor']:.2g}" in text
    assert "Making a batch of images takes 0.4 ms" in text


def test_what_was_converted_by_hand() -> None:
    """Size, latency, accuracy; nothing where nothing was."""
    table = pd.DataFrame(
        {
            "architecture": ["Regular"], "seed": ["1"], "format": ["int8"], "bytes": [12_345], "accuracy": [0.75],
            "agreement": [0.9987], "latency_ms": [0.123456], "latency_ms_low": [0.1], "latency_ms_high": [0.2],
        }
    )  # fmt: skip
    _, text = cost_section.deployed_section(table)
    assert text.splitlines()[-1] == ("| Regular | 1 | int8 | 12.3 kB | 0.123 ms | 0.1 to 0.2 ms | 0.7500 | 99.87% |")
    assert cost_section.deployed_section(table[:0]) == []


def explained() -> dict[str, Any]:
    return published.explained(REFERENCE)


def test_the_reference_experiments_times_in_words() -> None:
    """FLOPs and published times as shares; what depthwise passes must have reached for them."""
    entry = explained()
    text = "\n\n".join(cost_section.published_section({"notebook2022": entry}))
    both = next(line for line in text.splitlines() if line.startswith("| BothConv"))
    cells = both.strip("| ").split(" | ")
    assert (cells[1], cells[5]) == ("0.215", "0.513")
    assert "RTX-3080: RegularConv reached" in text
    assert "Nearly the same number for both" in text
    assert cost_section.published_section({}) == []


def test_published_times_that_depthwise_passes_cannot_explain() -> None:
    """Are said to be that."""
    entry = explained()
    entry["architectures"]["SeparableConv"]["published_seconds"] = 10.0
    text = "\n\n".join(cost_section.published_section({"n": entry}))
    assert "SeparableConv took less than its other passes alone would: depthwise passes explain nothing." in text
    entry = explained()
    entry["architectures"]["SeparableConv"]["published_seconds"] = 12_000.0
    assert "Nearly the same number" not in "".join(cost_section.published_section({"n": entry}))
    alone = copy.deepcopy(entry)
    del alone["architectures"]["RegularConv"]
    assert "depthwise passes are in all of the architectures" in "".join(cost_section.published_section({"n": alone}))
