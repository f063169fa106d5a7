"""A difference of two means whose variance is a sum of parts, each known from so many degrees of freedom."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from scipy import stats

CONFIDENCE = 0.95
UNKNOWN = float("nan")


class Difference(NamedTuple):
    """A second mean less a first. `error` and `freedom` are not numbers where nothing is known of chance."""

    value: float
    error: float = UNKNOWN  # standard error
    freedom: float = UNKNOWN  # of Student's t

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self.value - self._half

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.value + self._half

    @property
    def p(self) -> float:
        """P of no difference, two-sided."""
        return float(2 * stats.t.sf(abs(self.value) / self.error, self.freedom))

    def outside(self, margin: float) -> float:
        """Return p of a difference of `margin` or more either way: two one-sided tests.

        Source: Schuirmann 1987, doi 10.1007/BF01068419.
        """
        return float(stats.t.sf((margin - abs(self.value)) / self.error, self.freedom))

    @property
    def _half(self) -> float:
        return float(stats.t.ppf((1 + CONFIDENCE) / 2, self.freedom) * self.error)


def of_parts(value: float, parts: Iterable[tuple[float, int]], twice: float = 0.0) -> Difference:
    """Return the difference `value` with a variance that is the sum of `parts`, less what is in them `twice`.

    A part is a variance and its degrees of freedom; those of the sum are by Satterthwaite 1946 (doi 10.2307/3002019).
    """
    known = [(part, freedom) for part, freedom in parts if part]
    if not known:
        return Difference(value)
    variance = max(sum(part for part, _ in known) - twice, *(part for part, _ in known))
    freedom = variance**2 / sum(part**2 / freedom for part, freedom in known)
    return Difference(value, math.sqrt(variance), freedom)
