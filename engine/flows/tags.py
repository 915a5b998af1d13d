"""Tags of what is there now, and changes that are meant for one of them (ETag and If-Match)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import OutdatedError

ANYTHING = "*"


def version_tag(flow_key: str, version: int) -> str:
    """Return the tag of a version, which is the flow's own as long as it is the newest."""
    return f"v{version}-{flow_key[:12]}"


@dataclass(frozen=True)
class Expected:
    """What a change was made from: one of these tags, or anything where none are given."""

    tags: Sequence[str] = ()
    nothing: bool = False
    """It is meant for where nothing is yet (If-None-Match: *)."""

    def check(self, present: str | None, there: str) -> None:
        """Raise OutdatedError unless the present tag is one of them; `there` says what is there."""
        if self.nothing and present:
            raise OutdatedError(
                "Something is there already",
                f"{there} Yours was to be the first.",
                "Fetch what is there now, make your change to that and send it with If-Match.",
                "If-None-Match",
            )
        if not self.tags or (present and (present in self.tags or ANYTHING in self.tags)):
            return
        raise OutdatedError(
            "Something else is there now",
            f"{there} Your change was made from something else.",
            "Fetch what is there now, make your change to that and send it again; without If-Match"
            " it takes the place of whatever is there.",
            "If-Match",
        )


WHATEVER = Expected()
