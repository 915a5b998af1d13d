"""How the schema of an answer is written down, and put beside a route."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, WrapValidator
from pydantic.alias_generators import to_camel


class Shape(BaseModel):
    """Base of all answers: camelCase, nothing unknown. A field with a default may be absent."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


def shaped(model: type[BaseModel]) -> Any:
    """Return the response model of a route that is documented by a model and validates nothing.

    A page of 1,000 runs takes 0.5 ms this way, 1.9 with validation, and 18 where FastAPI is told
    in `responses` alone, since it then encodes in Python. Besides, one odd value that was stored
    long ago would turn a whole answer into a 500. tests/engine/api/test_shapes.py holds
    the answers to their schemas.
    """
    # Functions with types would have pydantic document these instead of the model.
    passes_in = WrapValidator(lambda answer, _: answer)
    passes_out = PlainSerializer(lambda answer: answer)
    return Annotated[model, passes_in, passes_out]
