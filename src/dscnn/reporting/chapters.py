"""What the report says: a chapter for each question, from which both the page and the Markdown report are made."""

from collections.abc import Iterator
from typing import NamedTuple

from dscnn.reporting import opening
from dscnn.reporting.sections import (
    accuracy,
    beside,
    breakeven,
    classes,
    conditions,
    cost,
    data,
    deployed,
    equal_cost,
    equal_time,
    mirrored,
    predicted,
    references,
    results,
)
from dscnn.reporting.source import Source

Paragraphs = list[str]


class Block(NamedTuple):
    """What a chapter says of one data set, of one data set and width, or (place ()) of all."""

    place: tuple[str, ...]
    text: Paragraphs
    figures: tuple[str, ...] = ()  # beside the text
    more: tuple[str, ...] = ()  # figures that fold away
    details: tuple[tuple[str, Paragraphs], ...] = ()  # title and paragraphs of what folds away

    @property
    def title(self) -> str:
        return ", width ".join(self.place)


class Chapter(NamedTuple):
    """A question and its answers."""

    anchor: str
    title: str
    blocks: list[Block]


def chapters(source: Source) -> Iterator[Chapter]:
    """Yield the chapters of the report, the most asked first."""
    places, datasets = source.places(), list(dict.fromkeys(name for name, _ in source.places()))
    yield Chapter("accuracy", "How accurate is each?", [_accuracy(source, place) for place in places])
    yield Chapter("cost", "What does accuracy cost?", [_cost(source, name) for name in datasets])
    yield Chapter("training", "How soon is an accuracy reached?", [_training(source, place) for place in places])
    yield Chapter("step", "Where does the time of a training step go?", [_step(source, place) for place in places])
    yield Chapter("break-even", "When is it faster?", [_break_even(source, name) for name in datasets])
    yield Chapter("size", "How large is it, and how fast once trained?", [_size(source, place) for place in places])
    yield Chapter("classes", "Which images does it get wrong?", [_classes(source, place) for place in places])
    if source.references:
        yield Chapter("reference", "Does it agree with what others published?", [_reference(source)])
    yield Chapter("data", "Which images were used?", [_data(source, name) for name in datasets])
    yield Chapter("conditions", "What do these numbers hold for?", [_conditions(source)])


def _accuracy(source: Source, place: tuple[str, str]) -> Block:
    arms, networks = source.of("arms", place), source.of("networks", place)
    margin, test = source.settings.comparison.margin, int(arms["test_images"].iloc[0])
    differences, paired = source.of("differences", place), source.of("paired", place)
    several = len({width for name, width in source.places() if name == place[0]}) > 1
    return Block(
        place,
        [
            *(["\n".join(opening.verdict_on(source, place))] if several else []),
            *accuracy.sentences(differences, margin, test),
            results.result_table(networks, source.on_test),
            results.CONVENTION,
            results.relative_table(networks, differences, source.on_test),
            *conditions.machines(arms[arms["timed"]], source.benchmarks[place]["environment"]),
            *conditions.shared(arms),
        ],
        ("accuracy",),
        details=_folded(
            (
                "How the accuracies were compared",
                accuracy.details(differences, paired, margin, test),
            ),
            ("How good the predicted probabilities are", results.probabilities(networks)),
            ("Every training run", [results.arm_table(arms, source.on_test)]),
        ),
    )


def _cost(source: Source, dataset: str) -> Block:
    networks = source.of("networks", (dataset,))
    compared = equal_cost.with_first(source.of("equal_cost", (dataset,)), networks)
    said = equal_cost.fronts(networks)
    details: tuple[tuple[str, Paragraphs], ...] = ()
    if compared.empty:
        said.append(
            f"Nothing compares with {networks['architecture'].iloc[0]} at equal cost: that takes several `widths` in"
            " params.yaml, some on both sides of its cost."
        )
    else:
        said += equal_cost.sentences(compared, source.settings.comparison.margin)
        details = _folded(("At equal cost: every comparison with the first", equal_cost.details(compared)))
    said += mirrored.section(networks, source.of("arms", (dataset,)))
    more = tuple(f"accuracy_by_{cost}" for cost in ("train_time", "parameters", "latency"))
    return Block((dataset,), said, ("accuracy_by_macs",), more, details)


def _training(source: Source, place: tuple[str, str]) -> Block:
    epochs, settings = source.of("epochs", place), source.settings
    return Block(
        place,
        [
            *equal_time.section(
                source.of("equal_time", place), epochs, settings.comparison.margin, settings.recipe.schedule
            ),
            results.reached_table(epochs),
        ],
        ("accuracy_by_time",),
        ("val_accuracy", "val_loss", "train_time"),
    )


def _step(source: Source, place: tuple[str, str]) -> Block:
    networks, changes = source.of("networks", place), source.of("decomposition", place)
    record = source.benchmarks[place]
    own = source.of("layers", place), source.of("operations", place)
    return Block(
        place,
        cost.answer(networks, source.of("relative", place), changes, record),
        ("cost_and_time",),
        ("decomposition", "time_by_operation"),
        _folded(
            ("The parts of the difference", cost.differences(changes)),
            ("Time by operation, and what this machine allows", cost.by_operation(networks, *own, record)),
            ("What the installed kernels reach", predicted.section(source.of("predicted", place))),
        ),
    )


def _break_even(source: Source, dataset: str) -> Block:
    rows = source.of("breakeven", (dataset,))
    said = [] if rows.empty else breakeven.section(rows)
    if not said:
        return Block((dataset,), ["Nothing was compared: see `breakeven` and `architectures` in params.yaml."])
    return Block(
        (dataset,), said, ("break_even",), details=_folded(("Every ratio in training", breakeven.details(rows)))
    )


def _size(source: Source, place: tuple[str, str]) -> Block:
    batch_size = source.benchmarks[place]["batch_size"]
    networks, converted = source.of("networks", place), source.of("deployed", place)
    return Block(
        place,
        [*cost.inference(networks, batch_size), *deployed.section(converted, networks["architecture"].iloc[0])],
        ("parameters",),
        ("flops",),
    )


def _classes(source: Source, place: tuple[str, str]) -> Block:
    confusion = source.of("confusion", place)
    details = _folded(("Every class", classes.by_class(confusion)))
    return Block(place, classes.sentences(confusion), ("classes", "disagreements"), ("confusion",), details)


def _reference(source: Source) -> Block:
    tables = (source.tables[name] for name in ("arms", "networks", "differences", "decomposition"))
    said = beside.section(source.references, source.settings, *tables)
    return Block((), said, details=_folded(("Published train times explained", references.section(source.references))))


def _data(source: Source, dataset: str) -> Block:
    return Block((dataset,), [data.section(source.facts[dataset], source.on_test), data.CONVENTION])


def _conditions(source: Source) -> Block:
    warning = (
        "**The validation split is the test split** (`validation: test`): every curve is a curve on test images, and"
        " settings chosen by looking at them are chosen on the test split."
    )
    said = conditions.holds_for(source.settings, source.tables["arms"])
    return Block((), [*([warning] if source.on_test else []), said])


def _folded(*details: tuple[str, Paragraphs]) -> tuple[tuple[str, Paragraphs], ...]:
    """Return those that say something."""
    return tuple((title, said) for title, said in details if said)
