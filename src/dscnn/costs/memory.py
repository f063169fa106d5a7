"""How much memory the activations of a model need at once: a walk over the time in which each tensor is alive.

Passes run one after another, in the order of `dscnn.costs.counter`. A tensor lives from the pass that makes it to the
last one that needs it; inputs and outputs of a pass are alive at once. Training keeps what gradients need: the inputs
of a convolution or dense layer, the output of a ReLU, both of a max pooling, a dropout's mask; and each tensor that a
gradient flows into has one, made by the first backward pass that adds to it. Weights, their gradients, the
optimizer's numbers and a library's scratch space are not counted.
"""

from dscnn.costs.counter import Pass, Trace

Lives = dict[object, tuple[int, int, int]]  # first and last moment, bytes


def peaks(trace: Trace) -> tuple[int, int]:
    """Return the greatest number of bytes of activations alive at once, at inference and in training."""
    return _peak(_forward(trace, training=False)), _peak(_training(trace))


def _storage(trace: Trace, training: bool) -> dict[int, int]:
    """Return whose memory each tensor lies in: its own, or that of what it is the same numbers as."""
    holds = {number: number for number in trace.sizes}
    for each in trace.passes:
        if each.part.view or (each.part.idle_inference and not training):
            holds[each.output] = holds[each.inputs[0]]
    return holds


def _forward(trace: Trace, training: bool) -> Lives:
    holds, end = _storage(trace, training), len(trace.passes)
    made = {holds[each.output] for each in trace.passes}
    lives: Lives = {
        holds[number]: (0, 0, trace.sizes[holds[number]]) for number in trace.sizes if holds[number] not in made
    }
    for moment, each in enumerate(trace.passes):
        for number in (*each.inputs, each.output):
            _extend(lives, holds[number], moment, trace.sizes[holds[number]])
    for number in trace.outputs:
        _extend(lives, holds[number], end - 1, trace.sizes[holds[number]])
    return lives


def _training(trace: Trace) -> Lives:
    lives, holds, count = _forward(trace, training=True), _storage(trace, training=True), len(trace.passes)
    flows = _differentiable(trace.passes)
    for place, each in reversed(list(enumerate(trace.passes))):
        moment = 2 * count - 1 - place
        if not flows[each.output] or each.part.view:
            continue
        kept = [*each.inputs] * each.part.needs_input + [each.output] * each.part.needs_output
        for number in kept:
            _extend(lives, holds[number], moment, 0)
        if each.part.mask:
            lives[("mask", each.output)] = (place, moment, each.row.forward.written - trace.sizes[each.output])
        for number in (each.output, *(number for number in each.inputs if flows.get(number))):
            _extend(lives, ("gradient", holds[number]), moment, trace.sizes[holds[number]])
    return lives


def _differentiable(passes: list[Pass]) -> dict[int, bool]:
    flows: dict[int, bool] = {}
    for each in passes:
        flows[each.output] = each.part.trainable > 0 or any(flows.get(number) for number in each.inputs)
    return flows


def _extend(lives: Lives, key: object, moment: int, size: int) -> None:
    first, last, known = lives.get(key, (moment, moment, size))
    lives[key] = (min(first, moment), max(last, moment), max(known, size))


def _peak(lives: Lives) -> int:
    changes: dict[int, int] = {}
    for first, last, size in lives.values():
        changes[first] = changes.get(first, 0) + size
        changes[last + 1] = changes.get(last + 1, 0) - size
    alive = greatest = 0
    for moment in sorted(changes):
        alive += changes[moment]
        greatest = max(greatest, alive)
    return greatest
