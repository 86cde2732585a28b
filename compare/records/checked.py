"""Numbers a record may hold, checked when one is read, which may come from a stranger.

Each bound lies far beyond what can be measured: it is there so that no division by zero and no number without end
reaches the analysis.
"""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
MaybeCount = Annotated[int, msgspec.Meta(ge=-1, le=1 << 53)]  # -1 = not known
Positive = Annotated[int, msgspec.Meta(ge=1, le=1 << 31)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Window = Annotated[float, msgspec.Meta(gt=0, le=1e9)]  # seconds
Rate = Annotated[float, msgspec.Meta(gt=0, le=1e9)]  # per second
