"""A small record of stage benchmark, made by hand: round numbers, so that tables can be checked in the head.

The machine does 1 GFLOP/s in products, half of that in the rest, and moves 100 MB/s.
"""

from typing import Any, NamedTuple


class Timed(NamedTuple):
    """How often something is timed, and how long at least; fewer rounds than params.yaml may ask for."""

    rounds: int
    round_seconds: float


MACHINE = {
    "compute_dtype": "bfloat16",
    "matrix_flops_per_second": {"float32": 5e8, "bfloat16": 1e9},
    "memory": [{"bytes": 1000, "bytes_per_second": 1e8}, {"bytes": 10**9, "bytes_per_second": 1e8}],
    "vector_flops_per_second": 5e8,
    "call_seconds": 0.0001,
}


def timing(seconds: float) -> dict[str, Any]:
    """Return five rounds. The ends of their median's interval are the extremes.

    For three or more of five draws are the lowest with a probability of 5.8 %, more than the 2.5 % of a tail.
    """
    rounds = [factor * seconds for factor in (0.9, 1.0, 1.0, 1.0, 1.1)]
    return {"median": seconds, "min": rounds[0], "max": rounds[-1], "rounds": rounds}


def layer(
    name: str,
    layer_class: str,
    macs: int,
    moved: int,
    seconds: float,
    *,
    matrix: bool = True,
    passes: int = 1,
    session: str = "Regular",
) -> dict[str, Any]:
    """Return a row of 16 images: backward does twice the work of forward in two passes; `seconds` are of all three.

    It writes 16 x 4 x 4 x 8 numbers of four bytes each.
    """
    return {
        "name": name, "layer_class": layer_class, "macs": macs, "padding_macs": 0, "matrix": matrix,
        "output_shape": [4, 4, 8], "parameters": 500 * bool(macs), "trainable_parameters": 500 * bool(macs),
        "flops": 2 * macs, "bytes": moved, "passes": passes,
        "forward_flops": 2 * macs, "forward_bytes": moved, "forward_passes": passes,
        "forward_read_bytes": moved - 8192, "forward_written_bytes": 8192,
        "backward_flops": 4 * macs, "backward_bytes": 2 * moved, "backward_passes": 2 * passes,
        "backward_each": [[2 * macs, moved, False]] * (2 * passes),
        "inference_seconds": timing(seconds / 3) | {"session": session},
        "training_seconds": timing(seconds) | {"session": session},
    }  # fmt: skip


def architecture(step: float, layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "training_step": timing(step), "inference": timing(step / 4), "inference_1": timing(0.002),
        "optimizer": timing(0.01), "loss": timing(0.005), "layers": layers,
    }  # fmt: skip


FIRST = layer("block1_conv1", "Conv2D", 10**6, 10**5, 0.012)
POOL = layer("block1_pool", "MaxPooling2D", 0, 10**6, 0.05, matrix=False)
FLAT = layer("flatten", "Flatten", 0, 0, 0.0, passes=0)
RECORD: dict[str, Any] = {
    "environment": {
        "device": "cpu",
        "processor": "A fast one",
        "threads": 2,
        "precision": "mixed_bfloat16",
        "data_format": "channels_last",
        "platform": "Linux x86_64",
        "python": "3.11",
        "tensorflow": "2.21.0",
        "keras": "3.15.1",
    },
    "batch_size": 16,
    "rounds": 5,
    "load": {"other_processors": 0.04, "stolen_processors": 0.01},
    "ceilings": MACHINE,
    "input": timing(0.0004),
    "architectures": {
        "Regular": architecture(0.4, [FIRST, layer("block1_conv2", "Conv2D", 4 * 10**7, 10**6, 0.3), POOL, FLAT]),
        "Separable": architecture(
            0.25,
            [
                FIRST,
                layer(
                    "block1_conv2/depthwise",
                    "DepthwiseConv2D",
                    10**6,
                    10**6,
                    0.12,
                    matrix=False,
                    session="Separable",
                ),
                layer("block1_conv2/pointwise", "PointwiseConv2D", 4 * 10**6, 10**6, 0.06, session="Separable"),
                POOL,
                FLAT,
            ],
        ),
    },
}
