"""Stage probes@D-W: the times of layers in other sizes, from which those of the experiment's layers are predicted.

The probes are networks with the same kinds of convolution, batch size, precision and recipe, in other sizes
(`dscnn.timing.probes`). No time of stage benchmark goes into the prediction.
"""

from collections.abc import Iterator

from dscnn.core import device, files, paths
from dscnn.core.schema import Shape
from dscnn.core.splits import Labelled
from dscnn.core.stage import run
from dscnn.costs.trained import count
from dscnn.costs.work import same_work
from dscnn.experiment import datasets, params
from dscnn.experiment.params import Params
from dscnn.networks.build import build
from dscnn.networks.fused import Fused
from dscnn.timing import probed, workloads
from dscnn.timing.probes import probes
from dscnn.timing.this_machine import configured, record, say

CONVENTION = (
    "as in metrics/benchmark, of networks by the sides of their images, the filters of their blocks and the two kinds"
    " of their convolutions; layers: without those that a network of the experiment has too"
)


def works(settings: Params, width: float, image: Shape, classes: int) -> set[tuple[object, ...]]:
    """Return the work (`same_work`) of all layers of the experiment's networks."""
    networks = [build(settings.network, kinds, width, image, classes) for kinds in settings.architectures.values()]
    return {same_work(row.flat()) for each in networks for row in count(Fused(each), settings.train.batch_size)}


def networks(settings: Params, width: float, image: Shape, classes: int) -> Iterator[tuple[str, Fused, Labelled]]:
    """Yield each probe with its name and a batch of random images."""
    train = settings.train
    kinds = settings.architectures.values()
    for probe in probes(settings.network, width, image, kinds, settings.probes.sizes):
        network = build(probe.network, probe.kinds, 1, probe.shape, classes)
        batch = workloads.random_batch(probe.shape, classes, train.batch_size)
        yield probe.name, workloads.untrained(network, train, settings.recipe), batch


def main(dataset: str, width: str) -> None:
    """Time the probes of one data set's shape and one width."""
    settings, entry = params.load(), datasets.entry(dataset)
    timed, batch_size, classes = settings.probes, settings.train.batch_size, len(entry.classes)
    environment = configured(settings.compute)
    held_out = works(settings, float(width), entry.shape, classes)
    with device.plain_errors(f"lower train.batch_size ({batch_size})"):
        found = probed.measured(networks(settings, float(width), entry.shape, classes), held_out, timed, say)
    say("")
    about = record(CONVENTION, environment, timed, batch_size=batch_size)
    files.write_json(paths.metrics("probes", dataset, width), about | found)
    timings = sum(len(each["layers"]) for each in found["probes"].values())
    print(f"{timings} layers of {len(found['probes'])} probes")


if __name__ == "__main__":
    run(main)
