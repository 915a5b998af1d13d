"""The refusal of a template, before Meta is asked."""

from __future__ import annotations

from dataclasses import dataclass

from appmixer.engine.contract import RejectedError


@dataclass(frozen=True)
class Place:
    """Where a part of a template is filled in: its field in the form, or all in Meta's array."""

    prefix: str = ""
    is_raw: bool = False

    def __call__(self, field: str) -> str:
        return "components" if self.is_raw else self.prefix + field

    def inside(self, *path: str | int) -> Place:
        return Place(self.prefix + "".join(f"{each}." for each in path), self.is_raw)


def fault(field: str, cause: str, cure: str) -> RejectedError:
    return RejectedError("Meta would not take this template", cause, cure, field)
