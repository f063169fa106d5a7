"""Two networks over training runs: how the means of further runs would differ, on these test images.

A value is the accuracy of a run, or any other figure of it. Runs of one seed share batches and initial weights where
they can, but that hardly makes their accuracies alike. So the two networks are compared as independent samples, with
variances of their own (Welch 1947, doi 10.1093/biomet/34.1-2.28). Chance is over seeds alone.
"""

import bisect
import math
from collections.abc import Sequence

import numpy as np
from scipy import integrate, special, stats

from dscnn.statistics.difference import CONFIDENCE, UNKNOWN, Difference, of_parts

POWER = 0.8
MOST = 1000  # seeds
Values = Sequence[float] | np.ndarray


def mean_interval(values: Values) -> tuple[float, float]:
    """Return the ends of the mean's 95 % interval by Student's t; one run, or runs that are all equal, have none."""
    if len(values) < 2:
        return UNKNOWN, UNKNOWN
    found = of_parts(float(np.mean(values)), [(float(np.var(values, ddof=1)) / len(values), len(values) - 1)])
    return found.low, found.high


def difference(first: Values, second: Values) -> Difference:
    """Return mean(`second`) - mean(`first`). One run of either, or runs that are all equal, say nothing of chance."""
    value = float(np.mean(second) - np.mean(first))
    if min(len(first), len(second)) < 2:
        return Difference(value)
    return of_parts(value, ((float(np.var(each, ddof=1)) / len(each), len(each) - 1) for each in (first, second)))


def single(low: float, high: float, count: int) -> tuple[float, float]:
    """Return the ends of the 95 % prediction interval of the difference between one further run of each.

    `low` and `high` are those of `difference`, in any unit, which the result keeps; `count` is the runs of each. One
    further run adds its own variance to that of a mean: v1 (1 + 1/count) + v2 (1 + 1/count) is count + 1 times Welch's
    v1/count + v2/count. Satterthwaite's degrees of freedom (1946, doi 10.2307/3002019) are the same for both sums, so
    the half-width is sqrt(count + 1) times as large. With unlike numbers of runs this does not hold.
    """
    middle, half = (low + high) / 2, (high - low) / 2 * math.sqrt(count + 1)
    return middle - half, middle + half


def correlation(first: Values, second: Values) -> float:
    """Return the correlation of runs of the same seed, which two runs do not tell."""
    if len(first) < 3 or not (np.ptp(first) and np.ptp(second)):
        return UNKNOWN
    return float(np.corrcoef(first, second)[0, 1])


def power(runs: int, deviation: float, margin: float, level: float, distance: float = 0.0) -> float:
    """Return how often two one-sided tests at `level` show two networks to be within `margin`: a share, 0 to 1.

    There are `runs` of each, whose means truly differ by `distance`; both have the standard `deviation`. These are in
    the unit of `margin`. The two tests share their estimate of the deviation, so this is a mean over the estimate's
    distribution (Phillips 1990, doi 10.1007/BF01063556).
    """
    freedom, error = 2 * (runs - 1), deviation * math.sqrt(2 / runs)
    limit = stats.t.ppf(1 - level, freedom)
    logarithm = (freedom / 2 - 1) * math.log(2) + special.gammaln(freedom / 2)  # of what makes chi's density whole

    def shown(ratio: float) -> float:
        """Return the share of successes where the estimate is `ratio` of the true deviation, times its density."""
        half = margin / error - limit * ratio
        inside = special.ndtr(half - distance / error) - special.ndtr(-half - distance / error)
        x = ratio * math.sqrt(freedom)  # is distributed as chi
        density = math.exp(special.xlogy(freedom - 1, x) - x * x / 2 - logarithm) * math.sqrt(freedom)
        return float(inside * density)

    largest = margin / error / limit  # a larger estimate never succeeds
    far = 12 / math.sqrt(2 * freedom)  # standard deviations of the ratio from 1; what is farther has no weight
    low, high = max(0.0, 1 - far), min(largest, 1 + far)
    return float(integrate.quad(shown, low, high)[0]) if low < high else 0.0


def enough(first: Values, second: Values, margin: float, comparisons: int = 1) -> int | None:
    """Return how many runs of each would show, with a power of 80 %, that the two networks are within `margin`.

    Their true difference is taken to be the measured one, and their standard deviation the root mean square of the two
    measured ones; both are in the unit of `margin`. With several `comparisons` the number is rather too high: it is for
    the strictest of Holm's levels. None: more than 1000, as where the difference is the margin or more, or unknown.
    """
    if min(len(first), len(second)) < 2:
        return None
    deviation = math.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2)
    if not deviation:
        return None
    level, distance = (1 - CONFIDENCE) / comparisons, abs(float(np.mean(second) - np.mean(first)))

    def reached(runs: int) -> float:
        return power(runs, deviation, margin, level, distance)

    return bisect.bisect_left(range(MOST), POWER, lo=2, key=reached) if reached(MOST) >= POWER else None
