"""A tiny experiment on synthetic images, and other things that tests are made of."""

import copy
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

PROJECT = Path(__file__).resolve().parent.parent
CLASSES, SIDE, TRAIN, TEST = 3, 8, 60, 30


def idx(array: np.ndarray) -> bytes:
    """Return `array` in the IDX format, gzip-compressed."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def described(name: str, content: bytes) -> dict[str, Any]:
    """Return the description in datasets.yaml of a file with `content`."""
    return {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def written(folder: Path) -> dict[str, Any]:
    """Write four IDX files of synthetic images to `folder`; return the `addresses` and `files` of an entry."""
    files = {}
    for split, count, seed in (("train", TRAIN, 1), ("test", TEST, 2)):
        for part, array in zip(("images", "labels"), synthetic(count, seed), strict=True):
            path = folder / f"{split}-{part}.gz"
            path.write_bytes(idx(array))
            files[f"{split}_{part}"] = described(path.name, path.read_bytes())
    return {"addresses": [folder.as_uri()], "files": files}


def synthetic(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images (count, side, side) of stripes at one of three heights, and which: easy to learn."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % CLASSES).astype(np.uint8)
    images = random.integers(0, 60, (count, SIDE, SIDE)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 150
    return images, labels


PARAMS: dict[str, Any] = {
    "datasets": ["stripes"],
    "architectures": {"Regular": ["conv", "conv"], "Separable": ["separable", "separable"]},
    "widths": [0.5],
    "seeds": [1],
    "validation": 0.2,
    "validation_seed": 0,
    "network": {
        "pixel_mean": 0.0,
        "pixel_std": 1.0,
        "filters": [8, 8, 8],
        "kernel": 3,
        "conv_dropout": 0.1,
        "block_dropout": 0.1,
        "norm_momentum": 0.5,
        "dense": [8],
        "dense_dropout": 0.1,
    },
    "train": {
        "epochs": 1,
        "batch_size": 16,
        "optimizer": "adam",
        "learning_rate": 0.01,
        "keep": "last",
        "early_stopping": 0,
    },
    "recipe": {
        "schedule": "constant",
        "warmup": 0.0,
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "global_clipnorm": 0.0,
        "ema_decay": 0.0,
        "shift": 0,
        "flip": False,
        "cutout": 0,
    },
    "compute": {"device": "cpu", "precision": "float32", "threads": 1, "data_format": "channels_last"},
    "comparison": {"margin": 1.0},
    "benchmark": {"rounds": 5, "round_seconds": 0.001},
    "probes": {"sizes": 1, "rounds": 2, "round_seconds": 0.001},
    "breakeven": {
        "widths": [0.5],
        "batch_sizes": [4, 16],
        "sides": [],
        "width": 0.5,
        "precisions": ["float32"],
        "rounds": 5,
        "round_seconds": 0.001,
    },
    "deploy": [],
    "references": ["other"],
    "live": False,
    "folders": {},
}
REFERENCE: dict[str, Any] = {
    "source": "nobody",
    "remarks": ["Nothing is known."],
    "dataset": "stripes",
    "shape": [SIDE, SIDE, 1],
    "classes": CLASSES,
    "images": 100,
    "width": 1.0,
    "runs": 1,
    "seeded": False,
    "validation": "test",
    "device": "gpu",
    "precision": "float32",
    "network": PARAMS["network"] | {"filters": [4], "dense": [4]},
    "train": PARAMS["train"] | {"epochs": 2, "batch_size": 4},
    "recipe": PARAMS["recipe"],
    "architectures": {"Regular": ["conv", "conv"], "Separable": ["separable", "separable"]},
    "results": {
        "Regular": {
            "parameters": 400, "keras_flops": 50_000.0, "train_seconds": 2.0,
            "accuracy": 0.8, "accuracy_last_ten": 0.75, "accuracy_best": 0.85,
        },
        "Separable": {
            "parameters": 200, "keras_flops": 20_000.0, "train_seconds": 1.0,
            "accuracy": 0.7, "accuracy_last_ten": 0.65, "accuracy_best": 0.7,
        },
    },
    "keras_flops_digit": 100.0,
    "machines": {"slow": {"matrix_tflops": 1.0, "vector_tflops": 0.5, "gigabytes_per_second": 100.0}},
}  # fmt: skip


def params() -> dict[str, Any]:
    """Return the content of a params.yaml: two architectures, one seed, one epoch, images of 8 x 8; to be edited."""
    return copy.deepcopy(PARAMS)


def datasets(archives: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a datasets.yaml with one data set, whose `addresses` and `files` are `archives`."""
    entry = {
        "format": "idx",
        "shape": [SIDE, SIDE, 1],
        "classes": ["low", "middle", "high"],
        "images": {"train": TRAIN, "test": TEST},
    }
    return {"stripes": entry | copy.deepcopy(archives)}


def reference() -> dict[str, Any]:
    """Return the content of a references/other.yaml."""
    return copy.deepcopy(REFERENCE)


def write_yaml(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def write_experiment(folder: Path, archives: dict[str, Any]) -> None:
    """Write params.yaml, datasets.yaml and references/ of the tiny experiment to `folder`."""
    write_yaml(folder / "params.yaml", params())
    write_yaml(folder / "datasets.yaml", datasets(archives))
    write_yaml(folder / "references/other.yaml", reference())


def tar(contents: dict[str, bytes], *infos: tarfile.TarInfo) -> bytes:
    """Return a tar archive of `contents`, and then the bare headers `infos`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in infos:
            archive.addfile(info)
    return out.getvalue()


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """Return `content` with some bits flipped, cut short, grown, or with pieces of it swapped."""
    data = bytearray(content)
    match random.integers(5):
        case 0:
            for place in random.integers(0, len(data), random.integers(1, 9)):
                data[place] ^= 1 << int(random.integers(8))
        case 1:
            del data[int(random.integers(len(data))) :]
        case 2:
            data += random.integers(0, 256, random.integers(1, 600), np.uint8).tobytes()
        case 3:
            a, b = sorted(random.integers(0, len(data), 2).tolist())
            data[a:b] = data[a:b][::-1]
        case 4:
            place = int(random.integers(len(data)))
            data[place:place] = data[: int(random.integers(1, 600))]
    return bytes(data)


# what a process needed at most; resource.getrusage would count its parent's memory at the fork too
PEAK_MB = """
from pathlib import Path
def peak_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
"""


def own_images(folder: Path) -> dict[str, Any]:
    """Write the synthetic images to `folder` as PNG, by split and class; return their entry of datasets.yaml."""
    classes = ["low", "middle", "high"]
    for split, count, seed in (("train", TRAIN, 1), ("test", TEST, 2)):
        for number, (image, label) in enumerate(zip(*synthetic(count, seed), strict=True)):
            path = folder / split / classes[label] / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
    return {
        "format": "image_folder",
        "shape": [SIDE, SIDE, 1],
        "classes": classes,
        "images": {"train": "train", "test": "test"},
        "addresses": [],
        "files": {},
    }


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    """Start a module of ours in the current folder, as dvc.yaml does; the first word is its name, as stages.train."""
    command = [sys.executable, "-m", f"dscnn.{words[0]}", *words[1:]]
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a Python of its own that finds our packages."""
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
