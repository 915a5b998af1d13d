"""Results of expressions as JSON."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from ..values import is_list, is_object


class NoJsonError(ValueError):
    """A result that has no place in JSON."""


def as_json(value: Any) -> Any:
    if is_object(value):
        return {str(key): as_json(item) for key, item in value.items()}
    if is_list(value):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, float) and not math.isfinite(value):
        raise NoJsonError("a result that is infinite or no number has no place in JSON")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise NoJsonError("the result has no place in JSON")
