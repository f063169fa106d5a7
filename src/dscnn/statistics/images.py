"""Two networks on new images: chance is over seeds and over test images, both drawn anew.

Whether a run has an image right is a cell in a table of runs and images. The variance of its mean has a part of the
runs and a part of the images, as in two-way clustered errors (Cameron, Gelbach and Miller 2011,
doi 10.1198/jbes.2010.07136). Both networks see the same images, so there it is the difference that varies. A bootstrap
over seeds would be too narrow: the mean of five seeds drawn with replacement has a variance a fifth too small.
"""

import numpy as np
from scipy import stats

from dscnn.statistics.difference import CONFIDENCE, Difference, of_parts

Right = np.ndarray  # (runs, images) of bool: whether the run has the image right


def difference(first: Right, second: Right) -> Difference:
    """Return how much more of new images `second` has right than `first`.

    With one run each, chance is over images alone: these two trained networks are compared, not their kinds.
    """
    each = second.mean(0) - first.mean(0)
    parts = [(float(each.var(ddof=1)) / len(each), len(each) - 1)]
    twice = 0.0
    for right in (first, second):
        if len(right) > 1:
            parts.append((float(right.mean(1).var(ddof=1)) / len(right), len(right) - 1))
            twice += _interaction(right) / right.size
    return of_parts(float(each.mean()), parts, twice)


def half_width(first: Right, second: Right) -> float:
    """Return the half-width that the 95 % interval keeps however many seeds there are: that of the test images.

    An image's difference is a mean over runs, so its variance has a part that more runs would take away. That is left
    out, but of a network with one run it is not known.
    """
    each = second.mean(0) - first.mean(0)
    by_chance = sum(_interaction(right) / len(right) for right in (first, second) if len(right) > 1)
    variance = max(float(each.var(ddof=1)) - by_chance, 0.0)
    return float(stats.norm.ppf((1 + CONFIDENCE) / 2) * (variance / len(each)) ** 0.5)


def mcnemar(first: np.ndarray, second: np.ndarray) -> tuple[int, int, float]:
    """Return on how many images only the `first` run is right, only the `second`, and mid-p of no difference.

    Mid-p is McNemar's exact p less the probability of what was seen (Fagerland, Lydersen and Laake 2013,
    doi 10.1186/1471-2288-13-91). Both are arrays (images,).
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    less, both = min(only_first, only_second), only_first + only_second
    exact = 2 * stats.binom.cdf(less, both, 0.5)
    return only_first, only_second, float(min(1.0, exact - stats.binom.pmf(less, both, 0.5)))


def _interaction(right: Right) -> float:
    """Return the mean square of what neither run nor image explains; it is in both parts of the variance."""
    runs, images = right.shape
    rest = right - right.mean(0) - right.mean(1, keepdims=True) + right.mean()
    return float((rest**2).sum() / ((runs - 1) * (images - 1)))
