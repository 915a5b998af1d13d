"""A place on the map, in degrees, as numbers or as the text that sheets and messages give."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from appmixer.engine.contract import RejectedError

HINT: dict[str, JsonValue] = {"x-hint": "degrees such as 37.4421"}
DegreesText = Annotated[str, Field(pattern=r"^ *-?[0-9]{1,3}(\.[0-9]{1,20})? *$")]


def _check_latitude(value: float | str) -> float | str:
    return _within(value, 90, "latitude")


def _check_longitude(value: float | str) -> float | str:
    return _within(value, 180, "longitude")


def _within(value: float | str, limit: int, name: str) -> float | str:
    """Return what was written: as text it keeps all its digits."""
    if not -limit <= float(value) <= limit:
        raise RejectedError(
            f"There is no such {name}",
            f"It is {float(value):g}, and has to be between -{limit} and {limit}.",
            "Correct it; latitude and longitude may have changed places.",
            name,
        )
    return value.strip() if isinstance(value, str) else value


Latitude = Annotated[
    Annotated[float, Field(ge=-90, le=90)] | DegreesText,
    AfterValidator(_check_latitude),
    Field(
        description="Degrees north, from -90 to 90; also as text.",
        examples=[37.4421],
        json_schema_extra=HINT,
    ),
]
Longitude = Annotated[
    Annotated[float, Field(ge=-180, le=180)] | DegreesText,
    AfterValidator(_check_longitude),
    Field(
        description="Degrees east, from -180 to 180; also as text.",
        examples=[-122.1615],
        json_schema_extra=HINT,
    ),
]
