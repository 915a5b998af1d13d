"""Lists to choose from: sections with rows, and the button that opens them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from appmixer.engine.contract import Fields, Json, RejectedError

from .frame import VISIBLE, VISIBLE_HINT, body_field
from .replies import ID, ID_DESCRIPTION, ID_HINT, check_ids, id_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages
MAX_LIST_BODY_CHARS = 4096
MAX_SECTIONS = 10
MAX_ROWS = 10
MAX_SECTION_TITLE_CHARS = 24
MAX_ROW_TITLE_CHARS = 24
MAX_ROW_DESCRIPTION_CHARS = 72
MAX_ROW_ID_CHARS = 200

ListBody = Annotated[str, body_field(MAX_LIST_BODY_CHARS)]
SectionTitle = Annotated[
    str | None,
    Field(
        title="Heading",
        description="What stands above them; needed where there is more than one section.",
        max_length=MAX_SECTION_TITLE_CHARS,
        examples=["About us"],
    ),
]


class ListRow(Fields):
    """A row of a list, which answers with its id when it is chosen."""

    title: str = Field(
        description="What the row says.",
        min_length=1,
        max_length=MAX_ROW_TITLE_CHARS,
        pattern=VISIBLE,
        examples=["Opening hours"],
        json_schema_extra={"x-hint": VISIBLE_HINT},
    )
    description: str | None = Field(
        default=None,
        description="A smaller line below it.",
        max_length=MAX_ROW_DESCRIPTION_CHARS,
        examples=["On weekdays and weekends"],
    )
    id: str | None = Field(
        default=None,
        title="ID",
        description=ID_DESCRIPTION,
        max_length=MAX_ROW_ID_CHARS,
        pattern=ID,
        examples=["hours"],
        json_schema_extra=ID_HINT,
    )


class ListSection(Fields):
    """Rows under a heading."""

    title: SectionTitle = None
    rows: list[ListRow] = Field(
        description="At most ten in all sections together.",
        min_length=1,
        max_length=MAX_ROWS,
        examples=[[{"title": "Opening hours", "id": "hours"}]],
    )

    @property
    def asked(self) -> Json:
        title: dict[str, Json] = {"title": self.title} if self.title else {}
        return {**title, "rows": [_row(each) for each in self.rows]}


def check_headings(titles: Sequence[str | None]) -> None:
    """Raise RejectedError where sections stand below one another and one has no heading."""
    if len(titles) > 1 and not all(titles):
        raise RejectedError(
            "A section has no heading",
            "Where there is more than one section, each needs its own.",
            "Give it one, or put all into one section.",
            "sections",
        )


def _row(row: ListRow) -> Json:
    description = {"description": row.description} if row.description else {}
    return {"id": id_of(row), "title": row.title, **description}


def _check(sections: list[ListSection]) -> list[ListSection]:
    rows = [row for section in sections for row in section.rows]
    if len(rows) > MAX_ROWS:
        raise RejectedError(
            "The list is too long",
            f"It has {len(rows)} rows, and Meta takes {MAX_ROWS} in all sections together.",
            "Leave some out, or send a second list.",
            "sections",
        )
    check_ids(rows, "sections")
    check_headings([each.title for each in sections])
    return sections


ListSections = Annotated[
    list[ListSection],
    Field(
        title="Sections",
        description="One to ten, with at most ten rows together.",
        min_length=1,
        max_length=MAX_SECTIONS,
        examples=[[{"rows": [{"title": "Opening hours", "id": "hours"}]}]],
    ),
    AfterValidator(_check),
]
