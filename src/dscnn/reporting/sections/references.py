"""The report's section on the train times that others published, and what is counted of their networks."""

import math
from collections.abc import Mapping

from dscnn.reporting import text
from dscnn.reporting.text import Row


def section(references: Mapping[str, Row]) -> list[str]:
    """Return what the roofline says of each reference (`dscnn.costs.references`)."""
    made: list[str] = []
    for name, entry in references.items():
        made += [
            f"### {name}",
            f"Source: {entry['source']}. The times are of {entry['steps']:,} training steps. Nothing was run here: the"
            " roofline of a machine is the least time by the rates in its data sheet.",
            _table(entry["architectures"]),
            "The share of the roofline reached is the roofline over the published time.",
            *(_depthwise_words(entry["architectures"], machine) for machine in _machines(entry["architectures"])),
        ]
    return made


def counts(reference: Row) -> list[str]:
    """Return what is counted here of the published networks beside what was published."""
    digit, batch = reference["keras_flops_digit"], reference["conditions"]["train"]["batch_size"]
    decimals = max(0, round(9 - math.log10(digit)))
    rows, apart = [], []
    for name, own in reference["architectures"].items():
        published, flops = own["published"], own["keras_flops"]
        same = own["parameters"] == published["parameters"]
        cells = [name, f"{own['parameters']:,}", f"{published['parameters']:,}", "yes" if same else "no"]
        apart += [] if same else [f"the parameters of {name}"]
        if flops is None:
            cells += ["unknown", f"{published['keras_flops'] / 1e9:,.{decimals}f}", "unknown"]
            apart.append(f"the FLOPs of {name} (unknown here)")
        else:
            same = round(flops / digit) == round(published["keras_flops"] / digit)
            cells += [f"{each / 1e9:,.{decimals}f}" for each in (flops, published["keras_flops"])]
            cells.append("yes" if same else "no")
            apart += [] if same else [f"the FLOPs of {name}"]
        rows.append(cells)
    agree = "Parameters and FLOPs agree in all digits published."
    runs = reference["conditions"]["runs"]
    said = [
        f"Source: {reference['source']}; {text.counted(runs, 'run')} of each network.",
        *reference["remarks"],
        f"FLOPs are those of an inference of {batch} images, as the package keras-flops counts them.",
        f"Not in agreement: {text.listed(apart)}." if apart else agree,
    ]
    header = ["", "parameters here", "published", "agree", "GFLOPs here", "published", "agree"]
    return [" ".join(said), text.table(header, rows)]


def _machines(architectures: dict[str, Row]) -> list[str]:
    return list(next(iter(architectures.values()))["machines"])


def _least(own: Row, machine: str) -> float:
    seconds: float = own["machines"][machine]["roofline_seconds"]
    return seconds


def _published(own: Row) -> float:
    seconds: float = own["published"]["train_seconds"]
    return seconds


def _table(architectures: dict[str, Row]) -> str:
    machines = _machines(architectures)
    base = next(iter(architectures.values()))
    return text.table(
        [
            "shares of the first", "FLOPs", "bytes", *(f"roofline, {name}" for name in machines), "published time",
            *(f"share of the roofline reached, {name}" for name in machines),
        ],
        [
            [
                name,
                f"{own['step_flops'] / base['step_flops']:.3f}",
                f"{own['step_bytes'] / base['step_bytes']:.3f}",
                *(f"{_least(own, machine) / _least(base, machine):.3f}" for machine in machines),
                f"{_published(own) / _published(base):.3f}",
                *(f"{_least(own, machine) / _published(own):.0%}" for machine in machines),
            ]
            for name, own in architectures.items()
        ],
    )  # fmt: skip


def _depthwise_words(architectures: dict[str, Row], machine: str) -> str:
    """Say what share of the roofline the depthwise convolutions must have reached for the published times.

    All other layers are taken to reach the share that the architecture without depthwise convolutions did; the rest
    of each other architecture's time is then that of its depthwise convolutions.
    """

    def depthwise(own: Row) -> float:
        by_class: dict[str, float] = own["machines"][machine]["by_class"]
        return sum(seconds for name, seconds in by_class.items() if name.startswith("Depthwise"))

    without = [name for name, own in architectures.items() if not depthwise(own)]
    having = [name for name in architectures if name not in without]
    if not without or not having:
        which = "every" if having else "no"
        return f"{machine}: {which} architecture has depthwise convolutions, so there is nothing to compare."
    plain = architectures[without[0]]
    share = _least(plain, machine) / _published(plain)
    reached = []
    for name in having:
        own = architectures[name]
        rest = (_least(own, machine) - depthwise(own)) / share
        left = _published(own) - rest
        if left <= 0:
            return (
                f"{machine}: {name} took less time than its other layers alone would, so depthwise convolutions do not"
                " explain these times."
            )
        reached.append((name, depthwise(own) / left, left / _published(own)))
    shares = [of for _, of, _ in reached]
    listed = ", ".join(f"{of:.1%} in {name} ({part:.0%} of its time)" for name, of, part in reached)
    return (
        f"{machine}: assume this machine, and that all layers of the others but the depthwise convolutions reached the"
        f" {share:.0%} of the roofline that {without[0]} did; then their depthwise convolutions reached {listed}."
        + (
            " The two shares are nearly the same. So under this assumption two things explain these times: depthwise"
            " convolutions are memory-bound, and their kernels used little of the bandwidth."
            if len(shares) == 2 and max(shares) < min(0.25, 1.5 * min(shares))
            else ""
        )
    )
