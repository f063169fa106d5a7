"""What a report's numbers hold for, in words."""

from collections.abc import Mapping

import pandas as pd

from dscnn.experiment.params import Kinds, Network, Params, Recipe, Train
from dscnn.reporting.tables.arms import ENVIRONMENT
from dscnn.reporting.tables.timed import BESIDE
from dscnn.reporting.text import counted, listed


def holds_for(settings: Params, arms: pd.DataFrame) -> str:
    """Return what the numbers hold for; several machines or versions are all named."""
    train, network = settings.train, settings.network

    def used(column: str) -> str:
        return " and ".join(map(str, arms[column].unique()))

    return "\n".join(
        [
            f"- Training: epochs {train.epochs}, batch {train.batch_size}, {train.optimizer} at"
            f" {train.learning_rate:g}, {recipe_words(settings.recipe)}; categorical cross-entropy;"
            f" {kept_words(train)}.",
            f"- Network: filters {listed(network.filters)} times the width, kernel {network.kernel},"
            f" {dense_words(network)}; dropout {network.conv_dropout:g} / {network.block_dropout:g} /"
            f" {network.dense_dropout:g} (conv / block / dense), batch norm momentum {network.norm_momentum:g};"
            f" {pixel_words(network)}.",
            f"- Seeds {listed(settings.seeds)}: accuracy and loss are the mean over the seeds, times the median,"
            " ranges the lowest and the highest.",
            f"- Device {used('device')} ({used('processor')}), threads {used('threads')}, {used('precision')},"
            f" {used('data_format')}; TensorFlow {used('tensorflow')}, Keras {used('keras')}, Python {used('python')},"
            f" {used('platform')}; timed on {used('measured')}.",
            "- Train time: the training steps of all epochs by a monotonic clock, without the first step (which builds"
            " the graph), validation and start-up. Trained images/s: training images over that time.",
            f"- Start-up, from the start of the process to the end of the first step: {start_words(arms)}.",
            "- Multiply-adds and FLOPs: per image, forward, inference. Multiply-adds are those of convolutions and"
            " dense layers; FLOPs are 2 x multiply-adds + element-wise operations (metrics/cost/ has every layer).",
        ]
    )


def architectures(settings: Params) -> str:
    """Return what the architectures are, and what a width means."""
    words = {"conv": "regular", "separable": "depthwise-separable"}

    def said(kinds: Kinds) -> str:
        first, second = (words.get(kind, kind) for kind in kinds)
        return f"two {first} ones" if first == second else f"one {first}, then one {second}"

    each = "; ".join(f"{name} has {said(kinds)}" for name, kinds in settings.architectures.items())
    network = settings.network
    scaled = "; ".join(
        f"width {width} has {listed(round(filters * width) for filters in network.filters)}"
        for width in settings.widths
    )
    return (
        f"The networks are equal but for the two {network.kernel}x{network.kernel} convolutions of each block: {each}."
        f" The width multiplies the filters of the blocks, {listed(network.filters)}: {scaled}."
    )


def machines(arms: pd.DataFrame, here: Mapping[str, object]) -> list[str]:
    """Return a warning if times are of more than one kind of machine or installation, else nothing.

    `here` is that of stage benchmark. A training taken from a shared cache keeps the time of where it ran.
    """
    trained = arms[ENVIRONMENT].astype(str).drop_duplicates()
    everything = pd.concat([trained, pd.DataFrame([{name: str(here[name]) for name in ENVIRONMENT}])])
    differing = [
        f"{name.replace('_', ' ')} ({listed(everything[name].unique())})"
        for name in ENVIRONMENT
        if everything[name].nunique() > 1
    ]
    if not differing:
        return []
    which = "The train times are" if len(trained) > 1 else "The train times and the step times below are"
    return [
        f"**{which} of different machines or installations: {'; '.join(differing)}.** Compare times only where these"
        " are the same; the table of training runs has the arms, metrics/train/ has the machine of each."
    ]


def shared(arms: pd.DataFrame) -> list[str]:
    """Return what is said of the train times of one data set and width that do not count, or were taken beside others.

    Where a time beside other processes counts, all do that are of its kind of machine (`reporting.tables.timed`).
    """
    said, beside = [], arms[arms["other_processors"] > BESIDE]
    why = "shared their machine with other processes, or ran on another kind of machine"
    if beside["timed"].any():
        why = "ran on another kind of machine"
        said.append(
            f"**{len(beside)} of {len(arms)} training runs shared the machine with other processes**, which used up to"
            f" {beside['other_processors'].max():.1f} processors in the mean. Their train times are longer than those"
            " of a run alone. Step times and latency are of the benchmark, which runs alone."
        )
    counted_times = int(arms["timed"].sum())
    if counted_times < len(arms):
        said.append(
            f"Train times are of {counted_times} of {len(arms)} training runs: the others {why}. Their accuracies"
            " count; only their last bits are of that machine."
        )
    return said


def dense_words(network: Network) -> str:
    """Return the dense layers before the last."""
    return f"dense {listed(network.dense)}" if network.dense else "no dense layer before the last"


def pixel_words(network: Network) -> str:
    """Return how pixels are scaled."""
    if (network.pixel_mean, network.pixel_std) == (0, 1):
        return "pixels scaled to 0 to 1"
    return f"pixels scaled to 0 to 1, then minus {network.pixel_mean:g} and divided by {network.pixel_std:g}"


def recipe_words(recipe: Recipe) -> str:
    """Return what of `recipe` is used, in words."""
    words = [
        f"{recipe.schedule} learning rate" + (f" after a warm-up of {recipe.warmup:.0%}" if recipe.warmup else ""),
        f"weight decay {recipe.weight_decay:g}" if recipe.weight_decay else "",
        f"label smoothing {recipe.label_smoothing:g}" if recipe.label_smoothing else "",
        f"gradients clipped to global norm {recipe.global_clipnorm:g}" if recipe.global_clipnorm else "",
        f"moving average of the weights with decay {recipe.ema_decay:g}" if recipe.ema_decay else "",
        f"shifts up to {counted(recipe.shift, 'pixel')}" if recipe.shift else "",
        "horizontal flips" if recipe.flip else "",
        f"cutout of {counted(recipe.cutout, 'pixel')}" if recipe.cutout else "",
    ]
    return ", ".join(filter(None, words))


def kept_words(train: Train) -> str:
    """Return which weights are scored, and when training ends."""
    epoch = "last epoch" if train.keep == "last" else "epoch of the best validation accuracy"
    ends = f", stopped after {counted(train.early_stopping, 'epoch')} without a lower validation loss"
    return f"the weights of the {epoch} are scored" + (ends if train.early_stopping else "")


def start_words(arms: pd.DataFrame) -> str:
    """Return how long a training process takes to start, and what share of all their time that is."""
    once = (arms["start_seconds"] / arms["starts"]).median()
    whole = arms[["start_seconds", "train_seconds", "validation_seconds"]].sum()
    interrupted = int((arms["starts"] - 1).sum())
    extra = f", {counted(interrupted, 'interruption')} included" if interrupted else ""
    share = whole["start_seconds"] / whole.sum()
    said = f"{share:.0%}" if share >= 0.01 else "less than 1%"
    return f"median {once:.1f} s, in sum {said} of the time of all training processes{extra}"
