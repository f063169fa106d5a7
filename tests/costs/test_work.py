from dataclasses import replace

from dscnn.costs.work import NOTHING, Row, Work, passes, same_work, total

FIRST = Row("c", "Conv2D", (4, 4, 2), 56, 50, 800, 90, True, Work(1600, 60, 20), Work(1700, 60, 30),
            (Work(20, 40, 20, element_wise=True), Work(1600, 80, 50)))  # fmt: skip
SECOND = Row("f", "Flatten", (32,), 0, 0, 0, 0, False, NOTHING, NOTHING, ())


def test_work_is_summed_number_by_number() -> None:
    """Two passes make one of both; nothing changes nothing."""
    both = Work(6, 1, 2) + Work(8, 3, 1)
    assert both == Work(14, 4, 3, passes=2)
    assert (both.bytes, both.intensity) == (7, 2)
    assert both + NOTHING == both


def test_work_that_moves_nothing_has_no_intensity() -> None:
    """It is 0 rather than a division by zero."""
    assert NOTHING.intensity == Work(5).intensity == 0


def test_backward_is_the_sum_of_its_passes() -> None:
    """Training is forward and backward."""
    assert FIRST.backward == Work(1620, 120, 70, passes=2)
    assert FIRST.training == Work(3320, 180, 100, passes=3)
    assert SECOND.training == NOTHING


def test_a_flat_row_names_every_number() -> None:
    """Inference has plain names, training names with its direction, and backward pass by pass too."""
    assert FIRST.flat() == {
        "name": "c", "layer_class": "Conv2D", "output_shape": [4, 4, 2], "parameters": 56, "trainable_parameters": 50,
        "macs": 800, "padding_macs": 90, "matrix": True,
        "flops": 1600, "read_bytes": 60, "written_bytes": 20, "bytes": 80, "intensity": 20.0, "passes": 1,
        "forward_flops": 1700, "forward_read_bytes": 60, "forward_written_bytes": 30, "forward_bytes": 90,
        "forward_intensity": 18.889, "forward_passes": 1,
        "backward_flops": 1620, "backward_read_bytes": 120, "backward_written_bytes": 70, "backward_bytes": 190,
        "backward_intensity": 8.526, "backward_passes": 2,
        "backward_each": [[20, 60, True], [1600, 130, False]],
    }  # fmt: skip


def test_a_total_has_the_names_of_a_flat_row() -> None:
    """Sums double; intensity does not."""
    sums = total(iter([FIRST, SECOND, FIRST]))
    assert (sums["parameters"], sums["trainable_parameters"], sums["macs"]) == (112, 100, 1600)
    assert (sums["flops"], sums["bytes"], sums["passes"]) == (3200, 160, 2)
    assert (sums["forward_flops"], sums["backward_bytes"], sums["backward_passes"]) == (3400, 380, 4)
    assert (sums["intensity"], sums["backward_intensity"]) == (20, 8.526)
    assert set(sums) <= set(FIRST.flat())


def test_rows_of_one_work_have_something_in_common() -> None:
    """A name is no part of it; sizes are, and so is which passes are made."""
    assert same_work(FIRST.flat()) == same_work(replace(FIRST, name="d").flat())
    others = [
        replace(FIRST, output_shape=(4, 4, 3)), replace(FIRST, layer_class="DepthwiseConv2D"), replace(FIRST, macs=801),
        replace(FIRST, forward=Work(1700, 61, 29)), replace(FIRST, gradients=FIRST.gradients[1:]),
        replace(FIRST, gradients=(FIRST.gradients[1],) * 2),
    ]  # fmt: skip
    assert len({same_work(row.flat()) for row in (FIRST, *others)}) == 7


def test_passes_tell_a_relus_gradient_from_that_of_inputs() -> None:
    """Two backward in both."""
    assert passes(FIRST.flat()) == (1, True, False)
    assert passes(replace(FIRST, gradients=(FIRST.gradients[1],) * 2).flat()) == (1, False, False)
    assert passes(SECOND.flat()) == (0,)
