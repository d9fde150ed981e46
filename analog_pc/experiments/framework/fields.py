"""What a field of a configuration may hold; msgspec checks it where a user sets one."""

from __future__ import annotations

import sys
from typing import Annotated

from msgspec import Meta

Natural = Annotated[int, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Positive = Annotated[float, Meta(gt=0.0, le=sys.float_info.max)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Counts = Annotated[tuple[Count, ...], Meta(min_length=1)]
Rates = Annotated[tuple[Positive, ...], Meta(min_length=1)]  # learning rates
Grid = Annotated[tuple[tuple[Count, Rates], ...], Meta(min_length=1)]  # learning rates tried with a size
