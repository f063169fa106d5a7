"""What passes over a batch take, and the sums of it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Work:
    """What passes over a batch take: FLOPs (2 a multiply-add), bytes read and written, and how many they are."""

    flops: int = 0
    read: int = 0
    written: int = 0
    passes: int = 1
    element_wise: bool = False  # beside a layer's own work: the gradient of its non-linearity

    @property
    def bytes(self) -> int:
        return self.read + self.written

    @property
    def intensity(self) -> float:
        """FLOPs a byte moved; 0 where nothing is moved."""
        return self.flops / self.bytes if self.bytes else 0.0

    def __add__(self, other: "Work") -> "Work":
        passes = self.passes + other.passes
        return Work(self.flops + other.flops, self.read + other.read, self.written + other.written, passes)


NOTHING = Work(passes=0)


@dataclass(frozen=True)
class Row:
    """The cost of one call of a layer, or of one half of a separable convolution, for a batch.

    `inference` and `forward` (in training) differ in dropout and batch norm alone. `parameters` are counted with the
    first call of a layer; `output_shape` is without the batch. `padding_macs` are those of `macs` whose number is
    padding. `matrix`: a matrix product, for which hardware has units of its own.
    """

    name: str
    layer_class: str
    output_shape: tuple[int, ...]
    parameters: int
    trainable_parameters: int
    macs: int
    padding_macs: int
    matrix: bool
    inference: Work
    forward: Work
    gradients: tuple[Work, ...]  # the passes of backward, one after another

    @property
    def backward(self) -> Work:
        return sum(self.gradients, NOTHING)

    @property
    def training(self) -> Work:
        return self.forward + self.backward

    def flat(self) -> dict[str, object]:
        """Return the row as one mapping: `flops` and `bytes` at inference, those of training under their names."""
        plain = {name: value for name, value in asdict(self).items() if not isinstance(value, (dict, tuple))}
        each = [[work.flops, work.bytes, work.element_wise] for work in self.gradients]
        figures = flat_work(self.inference, self.forward, self.backward)
        return plain | {"output_shape": list(self.output_shape)} | figures | {"backward_each": each}


def flat_work(inference: Work, forward: Work, backward: Work) -> dict[str, object]:
    named = (("", inference), ("forward_", forward), ("backward_", backward))
    figures: dict[str, object] = {}
    for prefix, work in named:
        figures |= {
            f"{prefix}flops": work.flops,
            f"{prefix}read_bytes": work.read,
            f"{prefix}written_bytes": work.written,
            f"{prefix}bytes": work.bytes,
            f"{prefix}intensity": round(work.intensity, 3),
            f"{prefix}passes": work.passes,
        }
    return figures


def total(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the sums over `rows`, under the names of `Row.flat`."""
    rows = list(rows)
    sums = {name: sum(getattr(row, name) for row in rows) for name in ("parameters", "trainable_parameters", "macs")}
    works = [sum((getattr(row, name) for row in rows), NOTHING) for name in ("inference", "forward", "backward")]
    return sums | flat_work(*works)


def same_work(row: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what flat rows have in common that do the same work: class, output, multiply-adds, bytes and passes."""
    names = ("layer_class", "macs", "forward_read_bytes")
    return (*row["output_shape"], *(row[name] for name in names), passes(row))


def passes(row: Mapping[str, Any]) -> tuple[object, ...]:
    """Return the passes of a flat row in training: how many forward, and for each backward whether it is element-wise.

    A convolution makes two backward with its ReLU's and its weights' gradient, or with its weights' and its inputs'.
    """
    return (row["forward_passes"], *(bool(element_wise) for *_, element_wise in row["backward_each"]))
