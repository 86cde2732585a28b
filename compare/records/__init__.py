"""Kept measurements: the border between the harness, which fills them, and the analysis, which reads them."""

from compare.records.packing import Samples, SampleStatus
from compare.records.store import RecordsError, read, save
from compare.records.types import (
    SCHEMA_VERSION,
    Arrivals,
    Cell,
    Contestant,
    Environment,
    GeneratorReport,
    Load,
    Measurement,
    Moment,
    Noise,
    NotMeasured,
    Run,
    Soak,
    Usage,
)

__all__ = [
    "SCHEMA_VERSION",
    "Arrivals",
    "Cell",
    "Contestant",
    "Environment",
    "GeneratorReport",
    "Load",
    "Measurement",
    "Moment",
    "Noise",
    "NotMeasured",
    "RecordsError",
    "Run",
    "SampleStatus",
    "Samples",
    "Soak",
    "Usage",
    "read",
    "save",
]
