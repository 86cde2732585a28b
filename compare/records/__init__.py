"""Kept measurements: the border between the harness, which fills them, and the analysis, which reads them."""

from compare.records.loads import Abandoned, Arrivals, Closed, Load, Mixed, Open, rate_rps
from compare.records.packing import Samples, SampleStatus, as_kept
from compare.records.store import RecordsError, read, save
from compare.records.types import (
    SCHEMA_VERSION,
    Cell,
    Contestant,
    Environment,
    Figures,
    GeneratorReport,
    Look,
    Measurement,
    Moment,
    Noise,
    NotMeasured,
    Orphans,
    Run,
    Soak,
    Usage,
)

__all__ = [
    "SCHEMA_VERSION",
    "Abandoned",
    "Arrivals",
    "Cell",
    "Closed",
    "Contestant",
    "Environment",
    "Figures",
    "GeneratorReport",
    "Load",
    "Look",
    "Measurement",
    "Mixed",
    "Moment",
    "Noise",
    "NotMeasured",
    "Open",
    "Orphans",
    "RecordsError",
    "Run",
    "SampleStatus",
    "Samples",
    "Soak",
    "Usage",
    "as_kept",
    "rate_rps",
    "read",
    "save",
]
