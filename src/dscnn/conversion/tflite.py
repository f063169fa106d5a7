"""A trained network as a TensorFlow Lite model: in float32, or in 8-bit integers throughout."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from dscnn.core.device import keras, tf
from dscnn.core.quiet import held_back
from dscnn.core.stage import Problem

BATCH = 50
BLACK, WHITE = 0, 255


def converted(network: keras.Model, form: str, calibration: np.ndarray) -> bytes:
    """Return `network`, which maps images as floating point numbers to probabilities, as a file of format `form`.

    For int8, weights and activations are 8-bit integers, their ranges found on the images of `calibration`, uint8
    (n, height, width, channels); images go in and probabilities come out as uint8.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if form == "int8":

        def examples() -> Iterator[list[np.ndarray]]:
            for image in whole_range(calibration):
                yield [image[None].astype(np.float32)]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = examples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    with held_back(1), held_back(2), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter lists every variable in one
        content: bytes = converter.convert()
    return content


def whole_range(images: np.ndarray) -> np.ndarray:
    """Return `images` with a black and a white value in the first one, so that the range of the input is a byte's.

    Otherwise it would be that of the images: if all of them are dark, brighter ones would be cut off.
    """
    changed = images.copy()
    changed[0].flat[0], changed[0].flat[-1] = BLACK, WHITE
    return changed


class Interpreter:
    """Runs a TensorFlow Lite model on the CPU; raises `Problem` if its kernels cannot."""

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
            try:
                with held_back(2):
                    self.interpreter.allocate_tensors()
            except RuntimeError as error:
                raise Problem(
                    f"TensorFlow Lite cannot run the converted network ({error}): leave its format out of deploy"
                ) from None
        self.interpreter.set_tensor(self.input["index"], quantized(images, self.input))
        self.interpreter.invoke()
        return dequantized(self.interpreter.get_tensor(self.output["index"]), self.output)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return those of any number of images, in batches."""
        return np.concatenate([self(images[first : first + BATCH]) for first in range(0, len(images), BATCH)])


def quantized(values: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    """Return `values` as the `tensor` of a model holds them: in its type, by its scale and zero point if it has some.

    What is beyond the type's range becomes its lowest or highest number.
    """
    scale, zero = tensor["quantization"]
    if not scale:
        return values.astype(tensor["dtype"])
    if (scale, zero, tensor["dtype"]) == (1, 0, values.dtype):
        return values  # the latency of one image has no pass over it that changes nothing
    limits = np.iinfo(tensor["dtype"])
    found: np.ndarray = np.clip(np.round(values / scale) + zero, limits.min, limits.max)
    return found.astype(tensor["dtype"])


def dequantized(found: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    """Return the numbers that `found` in the `tensor` of a model stands for."""
    scale, zero = tensor["quantization"]
    return np.float32(scale) * (found.astype(np.float32) - zero) if scale else found
