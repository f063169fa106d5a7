"""Where stage compare writes what it gathered."""

from pathlib import Path

EPOCHS = Path("plots/epochs.csv")
ARMS = Path("plots/arms.csv")
NETWORKS = Path("plots/networks.csv")
LAYERS = Path("plots/layers.csv")
OPERATIONS = Path("plots/operations.csv")
PREDICTED = Path("plots/predicted.csv")
CONFUSION = Path("plots/confusion.csv")
DISAGREEMENTS = Path("plots/disagreements.csv")
DIFFERENCES = Path("plots/differences.csv")
PAIRED = Path("plots/paired.csv")
EQUAL_COST = Path("plots/equal_cost.csv")
EQUAL_TIME = Path("plots/equal_time.csv")
RELATIVE = Path("plots/relative.csv")
DECOMPOSITION = Path("plots/decomposition.csv")
DEPLOYED = Path("plots/deployed.csv")
BREAKEVEN = Path("plots/breakeven.csv")
TABLES = (
    CONFUSION,
    DIFFERENCES,
    DISAGREEMENTS,
    PAIRED,
    EQUAL_COST,
    EQUAL_TIME,
    EPOCHS,
    ARMS,
    NETWORKS,
    LAYERS,
    OPERATIONS,
    PREDICTED,
    RELATIVE,
    DECOMPOSITION,
    DEPLOYED,
    BREAKEVEN,
)
