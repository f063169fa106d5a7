"""Stage benchmark@D-W: all architectures of a width side by side in one process: whole steps, each layer, the machine.

Steps are timed in rounds, one architecture after the other in each, so that a machine that slows down or speeds up
does so for all. No weight changes meanwhile, since the learning rate is 0.
"""

from dscnn.core import device, files, paths
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.networks.build import build
from dscnn.timing import side_by_side, timer, workloads
from dscnn.timing.this_machine import configured, record, say

CONVENTION = (
    "seconds by a monotonic clock, of a batch of batch_size; rounds: each the median of at least"
    f" {timer.CALLS} calls that fill round_seconds; median, low and high are over the rounds, in each of which the"
    " order is drawn anew; training_step: forward, backward and optimizer, the batch ready in memory; inference_1: a"
    " batch of 1; optimizer, loss (with its gradient and the accuracy) and input (making a batch, which stage train"
    " does beside the step) are timed alone, and so are the layers: inference, and training = forward and backward;"
    " the time of an empty call in the same round is taken off the layers' times; session: in whose rounds a layer was"
    " timed; memory: bytes read and written a second by c = a + b in float32, by the bytes of the three arrays; load:"
    " processors that other processes used, and that the host withheld, in the mean of the whole stage; bytes and"
    " FLOPs of layers as dscnn/costs/trained.py counts them, in the precision of the environment"
)


def main(dataset: str, width: str) -> None:
    """Time the networks of one data set's shape and one width."""
    settings, entry = params.load(), datasets.entry(dataset)
    train, timed, classes = settings.train, settings.benchmark, len(entry.classes)
    environment = configured(settings.compute)
    with device.plain_errors(f"lower train.batch_size ({train.batch_size})"):
        models = {
            name: workloads.untrained(
                build(settings.network, kinds, float(width), entry.shape, classes), train, settings.recipe
            )
            for name, kinds in settings.architectures.items()
        }
        batch = workloads.random_batch(entry.shape, classes, train.batch_size)
        threads = device.threads(settings.compute)
        found = side_by_side.measured(models, batch, settings.recipe, timed, threads, say)
    say("")
    about = record(CONVENTION, environment, timed, batch_size=train.batch_size)
    files.write_json(paths.metrics("benchmark", dataset, width), about | found)
    for name, each in found["architectures"].items():
        print(f"{name}: training step {timer.milliseconds(each['training_step'])}")
    print(f"meanwhile other processes used {found['load']['other_processors']} processors")


if __name__ == "__main__":
    run(main)
