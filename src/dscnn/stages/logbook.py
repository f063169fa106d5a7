"""Stage logbook@D-W-A-S: what Git keeps of a training: its history, its result, and what the clock said.

A clock gives other bytes each time. As an output of train its reading would change dvc.lock, compare and
report whenever identical weights are made again, in a new clone say. Train therefore leaves the reading
beside its outputs, under the hash of its result, which holds the arm, the weights' hash, the device, the
processor and all versions; this stage, rerun only when the result differs, makes it a metric. So a time
belongs to one result on one kind of machine, and stays until that changes.
`dvc repro --force --single-item train@... logbook@...` takes a new one.
"""

from dscnn.core import files, paths
from dscnn.core.stage import Problem, run

CONVENTION = (
    "seconds by a monotonic clock; train_seconds: the training steps of all epochs, without the first step of each"
    " start (which builds the graph), validation and start-up; start_seconds: from the start of the process to the"
    " end of its first step, summed over the starts (one, and one more for each interruption);"
    " images_per_second: training images over train_seconds"
)


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Keep history and result of one arm, and join the clock's reading with the device it was taken on."""
    arm = paths.Arm(dataset, width, architecture, seed)
    result = files.read_json(arm.trained_result)
    path = paths.measured_time(files.sha256(arm.trained_result))
    if not path.exists():
        raise Problem(
            f"{path} is missing: {arm.weights} was not trained in this folder, and nothing here knows how long it"
            f" took; 'dvc repro --force --single-item train@{'-'.join(arm)}' trains it again"
        )
    timing = {**files.read_json(path), "runs": 1, "convention": CONVENTION, "environment": result["environment"]}
    files.write_text(arm.history, arm.trained_history.read_text())
    files.write_json(arm.result, result)
    files.write_json(arm.timing, timing)


if __name__ == "__main__":
    run(main)
