"""What of a form was filled in, under the names that Meta has for its fields."""

from __future__ import annotations

from typing import Any

from appmixer.engine.contract import Fields

from ..foreign_json.shapes import is_list, is_object

BLANK: tuple[Any, ...] = (None, "", [], {})


def filled(model: Fields) -> dict[str, Any]:
    """Return the model as Meta takes it where the names are Meta's, without what is empty."""
    found: dict[str, Any] = _without_blanks(model.model_dump(mode="json", by_alias=False))
    return found


def _without_blanks(value: object) -> Any:
    if is_object(value):
        kept = {name: _without_blanks(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in BLANK}
    if is_list(value):
        return [each for each in map(_without_blanks, value) if each not in BLANK]
    return value
