"""What can be said of several differences at once: p is corrected for their number (Holm 1979).

Both questions have a p of their own: whether there is a difference, and whether it is as large as the margin.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from dscnn.statistics.difference import Difference

LEVEL = 0.05
Verdict = Literal["more", "less", "alike", "unknown"]


class Compared(NamedTuple):
    """A difference as it is reported. What is not known is not a number."""

    value: float
    low: float  # ends of the 95 % interval
    high: float
    p: float  # of no difference
    outside: float  # p of a difference of the margin or more

    @property
    def within(self) -> bool:
        """Whether the difference is shown to be less than the margin."""
        return self.outside < LEVEL

    @property
    def verdict(self) -> Verdict:
        """What can be said: a difference if there surely is one, else that there is none of any size that counts."""
        if self.p < LEVEL:
            return "more" if self.value > 0 else "less"
        return "alike" if self.within else "unknown"


def alone(found: Difference, margin: float) -> Compared:
    """Return `found` as the only comparison."""
    return Compared(found.value, found.low, found.high, found.p, found.outside(margin))


def no_surer(one: Compared, other: Compared) -> Compared:
    """Return `one`, but no surer than `other`, which leaves less to chance."""
    return Compared(
        one.value,
        float(np.fmin(one.low, other.low)),
        float(np.fmax(one.high, other.high)),
        float(np.fmax(one.p, other.p)),
        float(np.fmax(one.outside, other.outside)),
    )


def corrected(family: Sequence[Compared]) -> list[Compared]:
    """Return the comparisons of a family, with both p corrected for their number."""
    ps, outsides = holm([each.p for each in family]), holm([each.outside for each in family])
    return [each._replace(p=p, outside=outside) for each, p, outside in zip(family, ps, outsides, strict=True)]


def holm(each: Sequence[float]) -> list[float]:
    """Return p values corrected for as many comparisons; those that are not numbers stay so, and count as none."""
    values = np.array(each)
    order = np.argsort(values)[: np.count_nonzero(~np.isnan(values))]  # what is no number is sorted last
    factors = np.arange(len(order), 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(factors * values[order]), 1)
    return [float(value) for value in values]
