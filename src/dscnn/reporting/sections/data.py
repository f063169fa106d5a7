"""The report's section on data: what stage prepare found in the splits."""

from typing import Any

from dscnn.reporting import text

CONVENTION = (
    "Mean and std are of the pixels of each channel over 255. An image is repeated when every pixel equals that of an"
    " earlier image of the split; near-duplicates are not counted."
)


def data_table(facts: dict[str, Any]) -> str:
    """Return what is in the splits of a data set (`dscnn.data.facts`)."""
    return text.table(
        ["split", "images", "per class", "mean", "std", "repeated", "repeated with another label"],
        [
            [
                split,
                f"{part['n']:,}",
                text.span(part["classes"].values()),
                " / ".join(f"{value:.3f}" for value in part["mean"]),
                " / ".join(f"{value:.3f}" for value in part["std"]),
                f"{part['repeated']:,}",
                f"{part['repeated_otherwise_labelled']:,}",
            ]
            for split, part in facts["splits"].items()
        ],
    )


def section(facts: dict[str, Any], on_test: bool) -> str:
    """Return the data set's facts, and whether its splits are kept apart."""
    classes = facts["splits"]["train"]["classes"]
    pairs = {pair: n for pair, n in facts["shared"].items() if not (on_test and "validation" in pair)}
    leaks = [f"{text.counted(n, 'image')} in both {pair}" for pair, n in pairs.items() if n]
    return "\n\n".join(
        [
            f"{len(classes)} classes: {text.listed(map(text.escaped, classes))}.",
            data_table(facts),
            f"**{'; '.join(leaks)}.**" if leaks else f"No image is in both {', nor in both '.join(pairs)}.",
        ]
    )
