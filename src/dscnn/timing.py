"""Stage timing@D-W-A-S: what the clock said while an arm was trained.

A clock gives other bytes each time, so a reading that were an output of train would change dvc.lock, and
with it compare and report, whenever identical weights are made again (in a new clone, say). The reading is
therefore left beside the outputs under the hash of the training's result, which holds the weights' hash,
the device, the processor and all versions; this stage, rerun only when that result differs, makes it a
metric. So a time belongs to one result on one kind of machine, and stays until that changes.
`dvc repro --force --single-item train@... timing@...` takes a new reading.
"""

from dscnn import files, layout
from dscnn.stage import Problem, run

CONVENTION = (
    "seconds by a monotonic clock; train_seconds: the training steps of all epochs, without the first step"
    " (which builds the graph), validation and start-up; images_per_second: training images over train_seconds"
)


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Join the clock's reading for one arm with the device it was taken on."""
    arm = layout.Arm(dataset, width, architecture, seed)
    result = files.read_json(arm.result)
    path = layout.measured_time(files.sha256(arm.result))
    if not path.exists():
        name = "-".join(arm)
        raise Problem(
            f"{path} is missing: {arm.result} was not trained in this folder, and nothing here knows how long it"
            f" took; 'dvc repro --force --single-item train@{name}' trains it again"
        )
    files.write_json(
        arm.timing,
        {**files.read_json(path), "runs": 1, "convention": CONVENTION, "environment": result["environment"]},
    )


if __name__ == "__main__":
    run(main)
