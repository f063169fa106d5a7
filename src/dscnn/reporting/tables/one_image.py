"""The time of one image of each network, by the better of two measurements that there may be."""

import pandas as pd

from dscnn.core.files import significant
from dscnn.reporting.tables.networks import NET

LITE, KERAS = "TensorFlow Lite in float32", "Keras"


def added(networks: pd.DataFrame, deployed: pd.DataFrame) -> pd.DataFrame:
    """Return `networks` with columns image_ms, image_ms_low, image_ms_high and image_by.

    One image of a small network by Keras is mostly the cost of the call. So it is by TensorFlow Lite for a data set all
    of whose networks were converted, with the lowest and the highest of its rounds; else by Keras, with the 95 %
    interval over the rounds. `networks` are those of `dscnn.reporting.tables.networks`, `deployed` the table of the
    conversions (`dscnn.reporting.tables.arms`).
    """
    whole = deployed[deployed["format"] == "float32"].drop_duplicates(NET)
    lite = networks[NET].merge(whole, on=NET, how="left").set_index(networks.index)
    by_lite = lite["lite_latency_ms"].notna().groupby(networks["dataset"]).transform("all")
    ends = {"": "", "_low": "_min", "_high": "_max"}
    times = {
        f"image_ms{end}": lite[f"lite_latency_ms{name}"]
        .where(by_lite, networks[f"latency_ms{end}"])
        .astype(float)
        .map(significant)
        for end, name in ends.items()
    }
    return networks.assign(**times, image_by=by_lite.map({True: LITE, False: KERAS}))
