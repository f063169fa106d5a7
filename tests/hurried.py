"""A Python for the pipeline's tests that runs the real stages, but measures what the machine reaches on little.

    python hurried.py -m dscnn.stages.benchmark stripes 0.5

How fast a processor multiplies and moves numbers is found by products of large matrices and passes over a gigabyte, ten
times each. No test of the pipeline asks for the rates themselves (tests/timing/test_ceilings.py does), so here they are
of small ones, once each: the same functions, and a record of the same form.
"""

import runpy
import sys
from functools import partial

TIMED = "dscnn.stages.benchmark"


def hurry() -> None:
    """Make all that the ceilings are measured on small, in this process."""
    from dscnn.timing import ceilings, timer

    timer.TRIES = 1
    ceilings.SIZES, ceilings.AT_LEAST, ceilings.LONG_ENOUGH = [2**12, 2**14], 2**14, 0.0
    ceilings.matrix_rate = partial(ceilings.matrix_rate, side=64)
    ceilings.convolution_rate = partial(ceilings.convolution_rate, images=1)


if __name__ == "__main__":
    _, dash_m, module, *words = sys.argv
    sys.argv = [module, *words]
    if module == TIMED:
        hurry()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
