"""Stage cost@D-W-A: parameters, multiply-adds, FLOPs, bytes and activation memory of a network, layer by layer.

Without data, weights or device: in float32, whatever the training computes in; stage benchmark counts again in the
precision of its machine.
"""

from dscnn.core import device, files, paths
from dscnn.core.stage import run
from dscnn.costs import counter, memory
from dscnn.costs.keras_flops import keras_flops
from dscnn.costs.work import total
from dscnn.experiment import datasets, params
from dscnn.networks.build import build

CONVENTION = (
    "one image, float32; macs: multiply-adds of convolutions and dense layers at inference, padding included, of which"
    " padding_macs are with padding;"
    " flops and bytes: inference, flops = 2 x macs + bias and ReLU 1, softmax 5, batch norm 2, rescaling 1 and max"
    " pooling (window - 1) per output element; bytes = inputs, weights and output of each layer moved once;"
    " forward_ and backward_: the two halves of a training step; intensity: flops per byte; activation_bytes:"
    " activations alive at once; keras_flops: a batch of keras_flops_batch_size, by the package"
    " keras-flops, and its sum by operation of TensorFlow's; null where it cannot look into all operations"
)


def main(dataset: str, width: str, architecture: str) -> None:
    """Count one network, and let keras-flops count it too."""
    settings, entry = params.load(), datasets.entry(dataset)
    device.without_gpu()
    kinds = settings.architectures[architecture]
    model = build(settings.network, kinds, float(width), entry.shape, len(entry.classes))
    trace = counter.trace(model)
    rows = [each.row for each in trace.passes]
    sums = total(rows)
    inference, training = memory.peaks(trace)
    batch_size = settings.train.batch_size
    flops, by_operation = keras_flops(model, batch_size)
    value = {
        **sums,
        "activation_bytes": {"inference": inference, "training": training},
        "keras_flops": flops,
        "keras_flops_batch_size": batch_size,
        "keras_flops_by_operation": by_operation,
        "convention": CONVENTION,
        "layers": [row.flat() for row in rows],
    }
    files.write_json(paths.metrics("cost", dataset, width, architecture), value)
    print(f"{architecture}: {sums['parameters']:,} parameters, {sums['macs']:,} multiply-adds an image")


if __name__ == "__main__":
    run(main)
