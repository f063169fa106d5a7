"""A Python that stops a training in the middle of its second epoch, as SIGSTOP does; all else runs as it is.

    python held.py -m dscnn.stages.train stripes 0.5 Regular 1

So a test can kill it there, or let it go on: its first epoch is in the checkpoint then, and it is not over, however
fast or slow the machine is.
"""

import os
import runpy
import signal
import sys
from typing import Any

TRAIN = "dscnn.stages.train"


def hold() -> None:
    """Make the first step of this process's second epoch the last one until SIGCONT."""
    from dscnn.training.callbacks import Progress

    epoch_end, step_end = Progress.on_epoch_end, Progress.on_train_batch_end

    def on_epoch_end(self: Progress, epoch: int, logs: Any = None) -> None:
        epoch_end(self, epoch, logs)
        Progress.on_epoch_end, Progress.on_train_batch_end = epoch_end, stop

    def stop(self: Progress, batch: int, logs: Any = None) -> None:
        Progress.on_train_batch_end = step_end
        os.kill(os.getpid(), signal.SIGSTOP)

    Progress.on_epoch_end = on_epoch_end


if __name__ == "__main__":
    _, dash_m, module, *words = sys.argv
    sys.argv = [module, *words]
    if module == TRAIN:
        hold()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
