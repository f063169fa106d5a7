"""The time of one image of each network: by TensorFlow Lite where all were timed so, else by Keras.

`low` and `high` are the ends of 95 % intervals over the rounds (`dscnn.reporting.tables.intervals`).
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dscnn.core.files import significant
from dscnn.core.paths import metrics
from dscnn.reporting.tables import intervals
from dscnn.reporting.tables.networks import NET
from dscnn.reporting.tables.present import Place
from dscnn.reporting.tables.readable import readable

LITE, KERAS = "TensorFlow Lite in float32", "Keras"
ENDS = {"value": "", "low": "_low", "high": "_high"}
TIMES = [f"{name}{end}" for name in ("lite_latency_ms", "lite_share") for end in ENDS.values()]
LOAD = ["other_processors", "stolen_processors"]  # of the mean of the timings


def lite_table(latencies: Mapping[Place, dict[str, Any]], architectures: Mapping[Place, list[str]]) -> pd.DataFrame:
    """Return a row a network and format: milliseconds, and their share of the first architecture's, round by round.

    `latencies` are the records of stage latency. What the host took is empty where the system does not tell.
    """
    rows = []
    for place, record in latencies.items():
        with readable(metrics("latency", *place)):
            for form, timings in record["formats"].items():
                load = {name: record["load"][name] for name in LOAD}
                base, *_ = (timings[name]["rounds"] for name in architectures[place])
                for name in architectures[place]:
                    net = dict(zip(NET, (*place, name), strict=True))
                    rows.append(net | {"format": form} | load | _times(timings[name]["rounds"], base))
    return pd.DataFrame(rows, columns=[*NET, "format", *TIMES, *LOAD]).astype(dict.fromkeys(LOAD, float))


def _times(own: list[float], base: list[float]) -> dict[str, float]:
    taken = {
        "lite_latency_ms": intervals.median([1e3 * seconds for seconds in own]),
        "lite_share": intervals.ratio(own, base),
    }
    return {
        f"{column}{end}": significant(getattr(found, part))
        for column, found in taken.items()
        for part, end in ENDS.items()
    }


def added(networks: pd.DataFrame, lite: pd.DataFrame) -> pd.DataFrame:
    """Return `networks` with image_ms and image_share, each with the ends of its interval, and image_by.

    One image of a small network by Keras is mostly the cost of the call. So it is by TensorFlow Lite for a data set all
    of whose networks were timed by it in float32. `networks` are those of `dscnn.reporting.tables.networks`, `lite` is
    a `lite_table`.
    """
    whole = networks[NET].merge(lite[lite["format"] == "float32"], on=NET, how="left", validate="one_to_one")
    whole = whole.set_index(networks.index)
    by_lite = whole["lite_latency_ms"].notna().groupby(networks["dataset"]).transform("all")
    columns = {"image_ms": ("lite_latency_ms", "latency_ms"), "image_share": ("lite_share", "latency_share")}
    times = {
        f"{name}{end}": whole[f"{by_tflite}{end}"].where(by_lite, networks[f"{by_keras}{end}"]).astype(float)
        for name, (by_tflite, by_keras) in columns.items()
        for end in ENDS.values()
    }
    return networks.assign(**times, image_by=by_lite.map({True: LITE, False: KERAS}))
