"""A trained network as a TensorFlow Lite model: in float32, or in 8-bit integers throughout."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from dscnn.core.device import keras, tf
from dscnn.core.quiet import held_back

FORMATS = ("float32", "int8")
BATCH = 50
DIFFERS = (keras.layers.BatchNormalization, keras.layers.Dropout)  # in training


def converted(network: keras.Model, form: str, calibration: np.ndarray) -> bytes:
    """Return `network`, a chain of layers, as a file of format `form`.

    For int8, weights and activations are 8-bit integers, their ranges found on the images of `calibration`, uint8
    (n, height, width, channels); images go in and probabilities come out as uint8. Batch norm is folded by the
    converter where it can be.
    """
    # the network's own input is uint8, and its cast to floating point would stay in an integer model
    images = outputs = keras.Input(network.input.shape[1:], dtype="float32")
    for layer in network.layers[1:]:
        outputs = layer(outputs, training=False) if isinstance(layer, DIFFERS) else layer(outputs)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(images, outputs))
    if form == "int8":

        def examples() -> Iterator[list[np.ndarray]]:
            for image in calibration:
                yield [image[None].astype(np.float32)]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = examples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    with held_back(1), held_back(2), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter lists every variable in one
        content: bytes = converter.convert()
    return content


class Interpreter:
    """Runs a TensorFlow Lite model on the CPU."""

    def __init__(self, content: bytes, threads: int) -> None:
        with held_back(2), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TensorFlow announces the interpreter's move to another package
            self.interpreter = tf.lite.Interpreter(model_content=content, num_threads=threads)
        self.input, self.output = (
            self.interpreter.get_input_details()[0],
            self.interpreter.get_output_details()[0],
        )
        self.size = 0

    def __call__(self, images: np.ndarray) -> Any:
        """Return the probabilities of uint8 `images`, (n, classes)."""
        if len(images) != self.size:
            self.size = len(images)
            self.interpreter.resize_tensor_input(self.input["index"], images.shape)
            with held_back(2):
                self.interpreter.allocate_tensors()
        self.interpreter.set_tensor(self.input["index"], images.astype(self.input["dtype"]))
        self.interpreter.invoke()
        found = self.interpreter.get_tensor(self.output["index"])
        scale = self.output["quantization"][0]
        return found * scale if scale else found

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return those of any number of images, in batches."""
        return np.concatenate([self(images[first : first + BATCH]) for first in range(0, len(images), BATCH)])
