"""The machines of a cluster: what `auto` in params.yaml stands for on them, and which of them have arms to compute."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from distributed import Client, Future
from distributed.comm import get_address_host

from dscnn.cluster import worker
from dscnn.core import processor
from dscnn.core.stage import Problem, printable

SOFTWARE = ("tensorflow", "keras")  # versions that all workers must share with the head
PAUSE = 0.2  # seconds between two looks at what has been answered


class Workers(NamedTuple):
    """What the arms are computed with: variables for their processes, and the hosts that may have them (all)."""

    variables: Mapping[str, str]
    hosts: list[str] | None = None


def addresses(client: Client, hosts: Sequence[str] | None = None) -> list[str]:
    """Return the addresses of the workers that are there now, on `hosts` (all)."""
    there = client.scheduler_info(n_workers=-1)["workers"]
    return [address for address in there if hosts is None or get_address_host(address) in hosts]


def agreed(client: Client, inputs: Sequence[str], known_as: str) -> Workers:
    """Return what `auto` stands for on all workers: what it is on most of those that have the most common device.

    A worker that cannot say has no vote. What was agreed on the experiment `known_as` stays so: workers that compute
    for a head that was killed are not asked again, since they would answer after their arm. Raises `Problem` when no
    worker is there or can say, or when one has other versions than the head.
    """
    at = ["dscnn", f"what auto is for {known_as}"]
    earlier = client.get_metadata(at, None)
    if earlier and addresses(client, earlier[1]):
        return Workers(*earlier)
    asked = {
        address: client.submit(worker.carried(worker.machine), inputs, workers=[address], pure=False, retries=0)
        for address in addresses(client)
    }
    if not asked:
        raise Problem("CLUSTER: no worker has joined: 'make worker' starts one (docs/team.md)")
    _answered(client, asked)
    for address, future in asked.items():
        if future.status == "error":
            print(f"worker {address} cannot compute:\n{printable(str(future.exception()))}")
    found = {address: future.result() for address, future in asked.items() if future.status == "finished"}
    if not found:
        raise Problem("CLUSTER: no worker can compute; what each said is above")
    made = of_most(found)
    client.set_metadata(at, [*made])
    return made


def _answered(client: Client, asked: Mapping[str, Future]) -> None:
    """Wait until each has answered, or is gone."""
    while not all(future.done() for future in asked.values()):
        there = addresses(client)
        if all(future.done() for address, future in asked.items() if address in there):
            return
        time.sleep(PAUSE)


def of_most(machines: Mapping[str, Mapping[str, Any]]) -> Workers:
    """Choose for `agreed` from what stage machine says of each worker, by its address."""
    for address, found in machines.items():
        for name in SOFTWARE:
            if found[name] != version(name):
                raise Problem(
                    f"worker {address} has {name} {found[name]}, this machine {version(name)}: 'make setup' there, with"
                    " this version of the project, brings the same"
                )

    def common(name: str, among: Sequence[Mapping[str, Any]]) -> Any:
        return Counter(found[name] for found in among).most_common(1)[0][0]

    device = common("device", list(machines.values()))
    own = {address: found for address, found in machines.items() if found["device"] == device}
    chosen = {name: str(common(name, list(own.values()))) for name in ("threads", "precision")}
    print(f"{len(own)} of {len(machines)} workers: {device}, {chosen['threads']} threads, {chosen['precision']}")
    variables = {f"DSCNN_{name.upper()}": value for name, value in chosen.items()}
    # by host: a worker that is started again has another address
    return Workers(variables, sorted({get_address_host(each) for each in own}) if len(own) < len(machines) else None)


def of_this_machine() -> Workers:
    """Return what `auto` stands for on this machine; a worker's share of the processors does not count."""
    return Workers({"DSCNN_THREADS": str(processor.cores())})
