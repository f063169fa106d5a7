"""What the parts of an experiment demand of each other: each check gives its errors as lines, key first."""

from collections.abc import Iterator, Mapping
from itertools import product

from dscnn.core.schema import Shape
from dscnn.experiment import division, folders, size
from dscnn.experiment.datasets import PATH as DATASETS
from dscnn.experiment.datasets import Catalogue
from dscnn.experiment.params import PATH, Kinds, Network, Params
from dscnn.experiment.yaml_file import problem

NAMED = 5  # of the networks that are too large: where one is, many are


def check(params: Params, catalogue: Catalogue) -> None:
    """Raise `Problem` with all errors of an experiment whose files are each right by themselves."""
    errors = [
        *_names(params, catalogue),
        *_lists(params),
        *(error for name in params.datasets if name in catalogue for error in _images(params, catalogue, name)),
        *division.check(params, catalogue),
        *folders.check(params, catalogue),
    ]
    if not errors:
        large = [*size.check(params, catalogue)]
        errors = [*large[:NAMED], *([f"... and {len(large) - NAMED} more"] if len(large) > NAMED else [])]
    if errors:
        raise problem(PATH, errors)


def pooling(network: Network, shape: Shape, key: str) -> Iterator[str]:
    """The images are large enough to be halved after each block."""
    side, poolings = min(shape[:2]), len(network.filters)
    if side < 2**poolings:
        yield (
            f"{key}: {side} pixels are too few for the {poolings} poolings of network.filters, which halve them each;"
            f" at least {2**poolings} are needed"
        )


def channels(
    network: Network, architectures: Mapping[str, Kinds], width: float, shape: Shape, what: str
) -> Iterator[str]:
    """Each depthwise convolution makes a whole number of channels of each."""
    before: int = shape[2]
    for number, filters in enumerate((round(filters * width) for filters in network.filters), 1):
        for architecture, (first, _) in architectures.items():
            if first == "depthwise" and filters % before:
                yield (
                    f"architectures.{architecture}: depthwise cannot make {filters} channels of {before}, as it would"
                    f" have to in the first convolution of block {number} for {what}; it fits as second"
                )
        before = filters or 1


def _names(params: Params, catalogue: Catalogue) -> Iterator[str]:
    for name in params.datasets:
        if name not in catalogue:
            yield f"datasets: {name!r} is not in {DATASETS}, which has {', '.join(catalogue)}"
    for names, key in ((params.architectures, "architectures"), (catalogue, str(DATASETS))):
        first: dict[str, str] = {}
        for name in names:
            if (alike := first.setdefault(name.lower(), name)) != name:
                yield (
                    f"{key}: {alike} and {name} differ in upper and lower case only, and would share their files;"
                    " rename one of them"
                )
    arms: dict[str, tuple[str, ...]] = {}
    for arm in product(params.datasets, map(str, params.widths), params.architectures):
        other = arms.setdefault("-".join(arm).lower(), arm)
        if other != arm:
            yield (
                f"datasets, widths, architectures: {' / '.join(other)} and {' / '.join(arm)} would be one stage"
                f" {'-'.join(arm)}; rename one of them"
            )


def _lists(params: Params) -> Iterator[str]:
    if params.train.optimizer == "adam" and params.recipe.weight_decay:
        yield "recipe.weight_decay: adam has none; train.optimizer: adamw is adam with weight decay"
    swept = params.breakeven
    for key, width in (
        *(("widths", width) for width in params.widths),
        *(("breakeven.widths", width) for width in swept.widths),
        ("breakeven.width", swept.width),
    ):
        yield from filters(params.network, width, key)
    for side in swept.sides:
        yield from pooling(params.network, (side, side, 1), "breakeven.sides")


def filters(network: Network, width: float, key: str) -> Iterator[str]:
    """A filter at least in each block; `key` is where the width was written."""
    for count in network.filters:
        if round(count * width) < 1:
            yield (
                f"{key}: {width} leaves no filter of the {count} in network.filters;"
                f" {1 / min(network.filters):.4g} keeps one"
            )


def _images(params: Params, catalogue: Catalogue, name: str) -> Iterator[str]:
    """What the images of one data set allow."""
    entry = catalogue[name]
    yield from pooling(params.network, entry.shape, f"{DATASETS} {name}.shape")
    side = min(entry.shape[:2])
    for key in ("shift", "cutout"):
        if getattr(params.recipe, key) >= side:
            yield f"recipe.{key}: {getattr(params.recipe, key)} leaves nothing of {side} pixels"
    swept = params.breakeven
    widths = tuple(dict.fromkeys((*params.widths, *swept.widths, swept.width)))
    for width in widths:
        what = f"{name} at width {width}"
        yield from channels(params.network, params.architectures, width, entry.shape, what)
    if params.compute.data_format == "channels_first":
        yield from _bias_axis(params, widths, entry.shape[1])
        for other in swept.sides:
            if other != entry.shape[1]:
                yield from _bias_axis(params, (swept.width,), other)


def _bias_axis(params: Params, widths: tuple[float, ...], pixels: int) -> Iterator[str]:
    """Keras 3.15 adds a bias along the wrong axis where an image is as wide as it has channels."""
    narrow = any("bottleneck" in kinds for kinds in params.architectures.values())
    for width in widths:
        for block, filters in enumerate(params.network.filters):
            count = round(filters * width)
            channels = {count, max(1, count // 4)} if narrow else {count}  # a bottleneck's own are a quarter
            if pixels // 2**block in channels:
                yield (
                    f"compute.data_format: channels_first adds the bias along the wrong axis in block {block + 1} at"
                    f" width {width} (images of {pixels} pixels), whose images are as wide as they have channels (an"
                    " error of Keras);"
                    " take channels_last"
                )
