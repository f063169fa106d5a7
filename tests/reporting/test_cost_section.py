from typing import Any

import pandas as pd

from dscnn.reporting import cost_section
from frames import LAYERS, NETWORKS, OPERATIONS
from timed import RECORD


def test_the_training_steps_by_hand() -> None:
    """A row has work, bytes, roofline, median, range, and the shares of the first."""
    *_, regular, separable = cost_section.training_steps(NETWORKS).splitlines()
    assert regular == (
        "| Regular | 0.25 | 0.006 | 285.0 ms | 400.0 ms | 360.0 to 440.0 ms | 1.00 / 1.00 / 1.00 / 1.00 |"
    )
    assert separable == (
        "| Separable | 0.04 | 0.009 | 108.0 ms | 250.0 ms | 225.0 to 275.0 ms | 0.15 / 1.48 / 0.38 / 0.62 |"
    )


def test_the_time_by_operation_by_hand() -> None:
    """Cells are milliseconds, the roofline's in brackets; a cell is empty if the architecture has no such operation."""
    assert cost_section.time_by_operation(OPERATIONS).splitlines() == [
        "| ms (by the roofline) | Regular | Separable |",
        "| :-- | --: | --: |",
        "| first convolution | 12.00 (9.00) | 12.00 (9.00) |",
        "| convolution | 300.00 (243.00) |  |",
        "| pooling | 50.00 (33.00) | 50.00 (33.00) |",
        "| depthwise |  | 120.00 (33.00) |",
        "| pointwise |  | 60.00 (33.00) |",
        "| optimizer | 10.00 | 10.00 |",
        "| loss | 5.00 | 5.00 |",
        "| left over | 23.00 | -7.00 |",
    ]


def test_inference_by_hand() -> None:
    """One image takes 2 ms, a batch of 16 a quarter of a training step."""
    head, *_, separable = cost_section.inference(NETWORKS, 16).splitlines()
    assert head == "| inference | one image | range | a batch of 16 | images/s |"
    assert separable == "| Separable | 2 ms | 1.8 to 2.2 ms | 62.5 ms | 256 |"


def test_the_section_has_its_tables_and_paragraphs() -> None:
    """It says the conditions of the benchmark, explains the pairs, and says how well the roofline predicts."""
    parts = cost_section.section(NETWORKS, LAYERS, OPERATIONS, RECORD)
    assert parts[0] == "### Cost explained"
    for table in (
        cost_section.training_steps(NETWORKS),
        cost_section.time_by_operation(OPERATIONS),
        cost_section.inference(NETWORKS, 16),
    ):
        assert table in parts
    text = "\n\n".join(parts)
    for said in (
        "These are training steps of 16 images in mixed_bfloat16, timed side by side in one process. A time is the"
        " median of 5 rounds, a range the lowest and the highest. In 5 rounds no whole step varied",
        "The rates of this machine (cpu, A fast one, 2 threads)",
        "**Separable against Regular.**",
        "less than 5, so by the rates above they are memory-bound",
        "Making a batch of images takes 0.4 ms,",
        "- Regular: its layers take 362 ms",
        "the 10 different layer timings of this run",
        "rank correlation (Spearman) of predicted and measured times is 0.95.",
        "plots/layers.csv has every layer.",
    ):
        assert said in text


ROW: dict[str, Any] = {
    "architecture": "Regular", "seed": "1", "format": "float32", "bytes": 12_345, "accuracy": 0.75,
    "agreement": 0.9987, "lite_latency_ms": 0.123456, "lite_latency_ms_low": 0.1, "lite_latency_ms_high": 0.2,
}  # fmt: skip


def test_converted_networks_by_hand() -> None:
    """A row has size, latency and accuracy; where nothing was converted, there is no table."""
    table = pd.DataFrame([ROW])
    _, shown = cost_section.deployed(table)
    assert shown.splitlines()[-1] == (
        "| Regular | 1 | float32 | 12.3 kB | 0.123 ms | 0.1 to 0.2 ms | 0.7500 | 99.87% |"
    )
    assert cost_section.deployed(table[:0]) == []


def test_a_failed_conversion_is_pointed_out_below_the_table() -> None:
    """The warning is in bold, so that nobody takes the latency for a success."""
    *_, warning = cost_section.deployed(pd.DataFrame([ROW, ROW | {"format": "int8", "accuracy": 0.1}]))
    assert warning.startswith("**The int8 conversion of Regular, seed 1, failed**: its accuracy is 0.1000")


def test_a_low_agreement_is_flagged_in_the_table_and_below_it() -> None:
    """The share is in bold, and a sentence says what it means."""
    _, shown, warning = cost_section.deployed(pd.DataFrame([ROW, ROW | {"format": "int8", "agreement": 0.9102}]))
    float32, int8 = shown.splitlines()[-2:]
    assert float32.endswith("| 99.87% |")
    assert int8.endswith("| **91.02%** |")
    assert warning.startswith("**The int8 conversion of Regular, seed 1, differs from its network**")
