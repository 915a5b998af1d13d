"""A place as a message: what it is asked for with, what Meta is told, and what is seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from appmixer.engine.contract import Json, JsonObject, Part, RejectedError

from ..fields.places import Latitude, Longitude
from ..foreign_json.shapes import as_text
from .messages import FreeFormInput

# On no page of Meta's: what the clients of others keep to.
MAX_PLACE_CHARS = 1000


class LocationInput(FreeFormInput):
    latitude: Latitude
    longitude: Longitude
    name: str | None = Field(
        default=None,
        title="Name of the Place",
        max_length=MAX_PLACE_CHARS,
        description="What stands in bold below the map.",
        examples=["Philz Coffee"],
    )
    address: str | None = Field(
        default=None,
        description="What stands below the name; WhatsApp shows it only together with a name.",
        max_length=MAX_PLACE_CHARS,
        examples=["101 Forest Ave, Palo Alto, CA 94301"],
    )

    @model_validator(mode="after")
    def _check_name(self) -> Self:
        if self.address and not self.name:
            raise RejectedError(
                "The address would not be seen",
                "WhatsApp shows the address of a place only below its name, and it has none.",
                "Fill in the name too, or leave the address empty.",
                "name",
            )
        return self


def location_of(input: LocationInput) -> JsonObject:
    location: dict[str, Json] = {"latitude": input.latitude, "longitude": input.longitude}
    if input.name:
        location["name"] = input.name
    if input.address:
        location["address"] = input.address
    return location


def pin_of(input: Mapping[str, Json]) -> list[Part]:
    """Return what is seen of the place that a form names so far."""
    words = [as_text(input.get(each)) for each in ("name", "address")]
    degrees = [input.get(each) for each in ("latitude", "longitude")]
    told = [*filter(None, words)] or [str(each) for each in degrees if each not in (None, "")]
    return [Part("location", ", ".join(told))] if told else []
