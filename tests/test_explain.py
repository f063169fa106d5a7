"""Sentences from tables: the numbers are those of tests/timed.py, and other facts give other sentences."""

import copy
from typing import Any

import pandas as pd
import pytest

from dscnn import cost_tables, explain
from timed import RECORD, timing

NAMES = ["Regular", "Separable"]


def tables(record: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return networks, layers and kinds of a record."""
    layers = cost_tables.layer_table({("stripes", "0.5"): record}, NAMES)
    networks = cost_tables.step_table({("stripes", "0.5"): record}, layers, NAMES).assign(macs=[82_000_000, 10_250_000])
    return networks, layers, cost_tables.kind_table(networks, layers)


def changed(step: float) -> dict[str, Any]:
    record = copy.deepcopy(RECORD)
    record["architectures"]["Separable"]["training_step"] = timing(step)
    return record


def test_a_pair_by_hand() -> None:
    """Work, bytes, time, what tells it best, the depthwise passes, what is saved and what is paid."""
    (said,) = explain.pairs(*tables(RECORD), ridge=10)
    assert said.startswith(
        "**Separable against Regular.** It has 8x fewer multiply-adds, moves 1.48x the bytes in a training step, and"
        " takes 0.625x the time."
    )
    assert (
        "By its multiply-adds it would take 0.125x, by its bytes 1.48x, by the roofline 0.379x: nearest comes the"
        " roofline" in said
    )
    assert "Its depthwise passes are 16.7% of its multiply-adds and 50% of its layers' time: at 2 FLOP/byte" in said
    assert "they sit under the memory roof (ridge of what is no product: 10)." in said
    assert said.endswith(
        "Against Regular's 400 ms it saves 300 ms in convolution and pays 120 ms in depthwise, 60 ms in pointwise."
    )


def test_where_the_facts_differ_so_do_the_words() -> None:
    """A machine on which FLOPs tell the time, one on which bytes do, one on which depthwise passes are not bound."""
    (flops,) = explain.pairs(*tables(changed(0.05)), ridge=10)
    assert "here the multiply-adds tell the time, and there is nothing for memory to explain" in flops
    (moved,) = explain.pairs(*tables(changed(0.6)), ridge=10)
    assert "nearest come the bytes." in moved
    assert "takes 1.5x the time." in moved
    (close,) = explain.pairs(*tables(changed(0.39)), ridge=1)
    assert "takes 0.975x the time (within the range of the rounds)." in close
    assert "above the ridge, not bound by memory (ridge of what is no product: 1)" in close


def test_without_depthwise_passes_none_are_spoken_of() -> None:
    """Two networks of convolutions."""
    record = copy.deepcopy(RECORD)
    record["architectures"]["Separable"]["layers"] = record["architectures"]["Regular"]["layers"]
    (said,) = explain.pairs(*tables(record), ridge=10)
    assert "depthwise" not in said
    assert "saves" not in said, "no kind takes another time"


def test_the_subject_has_fewer_multiply_adds_whatever_the_order() -> None:
    """The order of params.yaml does not matter."""
    networks, layers, kinds = tables(RECORD)
    assert explain.pairs(networks, layers, kinds, 10) == explain.pairs(networks[::-1], layers, kinds, 10)


def test_ceilings_and_noise_in_words() -> None:
    """With units; a quiet machine, and one that was not."""
    said = explain.ceilings_words(RECORD)
    assert "1 GFLOP/s in bfloat16" in said
    assert "0.1 GB/s beyond the caches" in said
    assert "starting an operation 1,000 µs (convolution) to 1,000 µs" in said
    assert "fewer than 10 FLOPs for each byte" in said
    assert "is no product below 5." in said
    assert "no whole step varied by more than a tenth" in explain.noise_words(RECORD)
    noisy = explain.noise_words(RECORD | {"noisy": {"Regular inference": 0.3, "Separable training_step": 0.12}})
    assert "not quiet" in noisy
    assert "2 of the whole steps" in noisy
    assert "Regular inference (30%)" in noisy


def test_remedies_name_what_is_furthest_above_the_roofline() -> None:
    """Regular's pooling takes 50 ms instead of 33, its convolution 300 instead of 243."""
    networks, _, kinds = tables(RECORD)
    regular, separable = explain.remedies(networks, kinds).splitlines()
    assert "convolution (300 ms, 243 ms by the roofline) and pooling (50 ms, 33 ms by the roofline)" in regular
    assert "depthwise (120 ms, 33 ms by the roofline) and pointwise (60 ms, 33 ms by the roofline)" in separable
    assert "take 14% of its layers' time" in regular


@pytest.mark.parametrize(("ratio", "said"), [(1.0612, "1.06x"), (12.0, "12x"), (0.236, "0.236x"), (0.0123, "0.012x")])
def test_ratios_have_three_digits(ratio: float, said: str) -> None:
    """Two below a tenth."""
    assert explain.times(ratio) == said
