import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.core import files, paths, processor, splits
from dscnn.experiment import params
from dscnn.networks.build import build, restore
from dscnn.stages import evaluate, fetch, prepare
from dscnn.training import checkpoint
from processes import in_training, killed
from tiny import ran

ARM = paths.Arm("stripes", "0.5", "Separable", "1")
SMALL = {"filters": [8], "dense": []}  # quick to compile


def prepared(folder: Path, source: dict[str, Any], **changed: object) -> None:
    """Write the tiny experiment, with `changed` values in whichever section has the key, and prepare its images."""
    for key, value in changed.items():
        source[next(part for part in ("train", "recipe", "network", "compute") if key in source[part])][key] = value
    tiny.write_yaml(folder / "params.yaml", source)
    fetch.main("stripes")
    prepare.main("stripes")


def started() -> subprocess.Popen[str]:
    """Start the training of the arm."""
    command, pipe = [sys.executable, "-m", "dscnn.stages.train", *ARM], subprocess.PIPE
    environment = os.environ | {"PYTHONPATH": str(tiny.PROJECT / "src")}
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


def history() -> list[dict[str, str]]:
    return list(csv.DictReader(ARM.history.read_text().splitlines()))


def outputs() -> list[bytes]:
    return [path.read_bytes() for path in (ARM.weights, ARM.history, ARM.result)]


def checkpoints() -> list[Path]:
    return list(checkpoint.path_of(ARM, {}).parent.glob("*.npz"))


def reading() -> dict[str, Any]:
    return files.read_json(ARM.timing)


def test_an_arm_ends_in_the_same_bytes_each_time(folder: Path, source: dict[str, Any]) -> None:
    """So do two processes in every output but the clock's reading."""
    prepared(folder, source, **SMALL)
    first = ran("stages.train", *ARM)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("Separable x0.5 seed 1 epoch 1/1: loss ")
    before = outputs()
    assert ran("stages.train", *ARM).returncode == 0
    assert outputs() == before

    rows = history()
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    result = json.loads(ARM.result.read_text())
    assert {name: result[name] for name in ARM._fields} == ARM._asdict()
    assert result["train_images"] == 48
    assert result["weights_sha256"] == files.sha256(ARM.weights)
    assert result["last"]["val_loss"] == float(rows[-1]["val_loss"])
    assert reading()["train_seconds"] > 0
    assert reading()["environment"] == result["environment"]
    assert "monotonic clock" in reading()["convention"]

    weights = files.read_arrays(ARM.weights)
    settings = params.load()
    model = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
    start = {variable.path: variable.numpy() for variable in model.weights}
    assert set(weights) == set(start)
    assert all((weights[name] != start[name]).any() for name in weights if "kernel" in name)


MODERN = {
    "epochs": 40, "optimizer": "adamw", "keep": "best", "schedule": "linear", "warmup": 0.25, "weight_decay": 0.05,
    "label_smoothing": 0.1, "global_clipnorm": 5.0, "ema_decay": 0.9, "shift": 1, "flip": True, "cutout": 2,
    "early_stopping": 39, "filters": [8], "dense": [8, 8],
}  # fmt: skip


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_training_killed_again_and_again_ends_in_the_same_bytes(
    folder: Path, source: dict[str, Any], optimizer: str
) -> None:
    """The recipe has all there is, and float16 a loss scale; a process is killed twice, and a new one resumes."""
    prepared(folder, source, precision="mixed_float16", **MODERN | {"optimizer": optimizer})
    assert ran("stages.train", *ARM).returncode == 0
    expected = outputs()
    assert checkpoints() == [], "an arm that is done leaves no checkpoint"
    for path in (ARM.weights, ARM.history, ARM.result):
        path.unlink()
    killed(*ARM)
    killed(*ARM)
    done = ran("stages.train", *ARM)
    assert done.stdout.startswith("resumes after epoch 2, from .state/training/stripes-0.5-Separable-1/"), "one of each"
    assert outputs() == expected
    assert reading()["starts"] == 3
    assert len(reading()["epoch_seconds"]) == 40


def test_a_share_of_the_processors_changes_no_bit(
    folder: Path, source: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `threads: auto` is said to be what it is on the whole machine, as to a job beside others."""
    monkeypatch.delenv("DSCNN_THREADS", raising=False)
    prepared(folder, source, threads="auto", filters=[32], dense=[])
    assert ran("stages.train", *ARM).returncode == 0
    expected, whole = outputs(), os.sched_getaffinity(0)
    monkeypatch.setenv("DSCNN_THREADS", str(processor.cores()))
    os.sched_setaffinity(0, {min(whole)})
    try:
        assert ran("stages.train", *ARM).returncode == 0
    finally:
        os.sched_setaffinity(0, whole)
    assert outputs() == expected


def test_a_second_process_in_the_same_training_waits_and_ends_in_the_same_bytes(
    folder: Path, source: dict[str, Any]
) -> None:
    """The first is held in the middle of an epoch until the second says that it waits."""
    prepared(folder, source, epochs=3, **SMALL)
    assert ran("stages.train", *ARM).returncode == 0
    expected = outputs()
    with in_training(*ARM) as first:
        assert first.stdout is not None
        with started() as second:
            assert second.stdout is not None
            said = second.stdout.readline()
            first.send_signal(signal.SIGCONT)
            first.stdout.read()
            assert first.wait() == 0
            assert outputs() == expected
            second.stdout.read()
    assert said.startswith("waiting for another process in the same training (.state/training/stripes-0.5-Separable-1/")
    assert second.returncode == 0
    assert outputs() == expected
    assert checkpoints() == []


def test_a_training_asked_to_stop_says_where_it_resumes(folder: Path, source: dict[str, Any]) -> None:
    """SIGTERM ends it with one line and status 1."""
    prepared(folder, source, epochs=40_000, **SMALL)
    with started() as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        said = process.stderr.read()
    assert process.returncode == 1
    assert re.fullmatch(r"stopped by SIGTERM in epoch \d+; the next 'dvc repro' resumes after epoch \d+\n", said)
    assert len(checkpoints()) == 1


def test_a_loss_that_is_not_a_number_is_a_problem(folder: Path, source: dict[str, Any]) -> None:
    """The line has the epoch, the step and the setting to change; no output is written."""
    prepared(folder, source, epochs=3, learning_rate=1e30, **SMALL)
    done = ran("stages.train", *ARM)
    assert done.returncode == 1
    assert re.fullmatch(
        r"error: the loss is not a number in epoch 1, step \d: lower train\.learning_rate \(1e\+30\)"
        r" or use precision float32 \(now float32\)\n",
        done.stderr,
    )
    assert not ARM.weights.exists()


# what an instruction set is called by Linux and by oneDNN, which TensorFlow uses by itself on some processors only
SETS = {"sse4_1": "SSE41", "avx2": "AVX2", "avx512bw": "AVX512_CORE"}
# TensorFlow asks the processor for float16, not oneDNN: where the processor has it, a lower set is none that exists
HALF = {"avx512_fp16": "AVX512_CORE_FP16", "amx_tile": "AVX512_CORE_AMX"}
HERE = [
    name for flag, name in (HALF if "avx512_fp16" in processor.flags() else SETS).items() if flag in processor.flags()
]
VARIABLES = [{"TF_ENABLE_ONEDNN_OPTS": "0"}] + [
    {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_MAX_CPU_ISA": name} for name in HERE
]


@pytest.mark.parametrize("variables", VARIABLES, ids=["without oneDNN", *HERE])
def test_every_instruction_set_trains_and_is_silent(
    folder: Path, source: dict[str, Any], monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """Losses are finite, also in float16, which oneDNN does not have for all of them and would say so."""
    prepared(folder, source, precision="mixed_float16", **SMALL)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = ran("stages.train", *ARM)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = history()
    assert np.isfinite([float(value) for value in row.values()]).all()
    assert all(np.isfinite(array).all() for array in files.read_arrays(ARM.weights).values())


# oneDNN has bfloat16 with AVX-512 only; compared with float32 it has 8 bits
TOLERANCES = {"float32": 1e-4} | ({"mixed_bfloat16": 0.05} if "avx512f" in processor.flags() else {})


@pytest.mark.parametrize("precision", TOLERANCES)
def test_channels_first_trains_and_scores_as_channels_last(
    folder: Path, source: dict[str, Any], monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    """The images are the same prepared ones; the same weights with channels last give the same score."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")  # Eigen has no convolution of that layout
    # six channels: where an image is as wide as it has channels, Keras 3.15 adds the bias along the width instead
    changed = {"filters": [12, 12, 12], "dense": [], "ema_decay": 0.5, "global_clipnorm": 1.0, "precision": precision}
    prepared(folder, source, data_format="channels_first", **changed)
    for stage in ("train", "evaluate"):
        done = ran(f"stages.{stage}", *ARM)
        assert (done.returncode, done.stderr) == (0, "")
    environment = json.loads(ARM.result.read_text())["environment"]
    assert (environment["data_format"], environment["precision"]) == ("channels_first", precision)
    found = files.read_json(paths.metrics("evaluate", *ARM))
    settings, test = params.load(), splits.load("stripes", "test")
    model = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3)
    # 8 pixels pooled three times are one, so flattening changes no order here
    restore(model, files.read_arrays(ARM.weights), ARM.weights)
    expected = evaluate.score(model.predict(test.images, verbose=0), test.labels)
    assert found["n"] == tiny.TEST
    assert found["loss"] == pytest.approx(expected["loss"], rel=TOLERANCES[precision])


def test_a_layout_that_the_processor_lacks_is_a_problem(
    folder: Path, source: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without oneDNN no processor has it; the line says what to change."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    prepared(folder, source, data_format="channels_first", **SMALL)
    done = ran("stages.train", *ARM)
    assert done.returncode == 1
    assert re.fullmatch(r"error: compute\.data_format: channels_first, .* take channels_last\n", done.stderr)
