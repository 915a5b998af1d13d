"""A field of Meta's is said once; the call, the reading and the sample come from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import Field

from appmixer.engine.contract import sample_of
from appmixer.whatsapp.plugin.foreign_json.meta_fields import (
    At,
    Flag,
    Id,
    IdOrNone,
    MetaFields,
    Moment,
    Object,
    Objects,
    Text,
    Whole,
    Word,
    says,
)


class Shop(MetaFields):
    id: Id = Field(examples=["12"])
    name: Text = Field(examples=["Lucky Shrub"])
    motto: Word = None
    is_open: Annotated[Flag, At("open")] = Field(examples=[True])
    visitors: Annotated[Whole, At("counters.today.visitors")] = Field(examples=[7])
    has_moved: Annotated[bool, At("state"), says("MOVED", "GONE")] = Field(examples=[False])
    state: Word = Field(examples=["HERE"])
    since: Annotated[Moment, At("created")] = Field(examples=["2026-09-21T14:13:20Z"])
    owner: IdOrNone = Field(examples=["3"])
    place: Object = Field(examples=[{"city": "Menlo Park"}])
    shelves: Objects = Field(examples=[[]])
    is_ours: bool = Field(examples=[False])


def test_the_call_asks_for_what_the_fields_are_read_from_and_once_each() -> None:
    assert Shop.asking() == {
        "fields": "id,name,motto,open,counters,state,created,owner,place,shelves"
    }


def test_every_field_is_read_from_where_meta_has_it() -> None:
    shop = Shop.from_meta(
        {
            "id": "12",
            "name": "Lucky Shrub",
            "motto": "Grow",
            "open": True,
            "counters": {"today": {"visitors": 7}},
            "state": "MOVED",
            "created": 1790000000,
            "owner": "3",
            "place": {"city": "Menlo Park"},
            "shelves": [{"row": 1}],
            "new at Meta": 1,
        },
        is_ours=True,
    )

    assert shop.model_dump() == {
        "id": "12",
        "name": "Lucky Shrub",
        "motto": "Grow",
        "isOpen": True,
        "visitors": 7,
        "hasMoved": True,
        "state": "MOVED",
        "since": datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        "owner": "3",
        "place": {"city": "Menlo Park"},
        "shelves": [{"row": 1}],
        "isOurs": True,
    }


@pytest.mark.parametrize(
    "node",
    [
        {},
        dict.fromkeys(Shop.asking()["fields"].split(",")),
        {"open": "yes", "counters": [], "created": "soon", "place": "here", "shelves": {}},
        {"open": 1, "counters": {"today": 5}, "created": -1, "place": [], "shelves": [1, None]},
        {"name": 5, "motto": "", "state": {}, "owner": "\0", "id": []},
    ],
)
def test_what_meta_leaves_out_or_writes_otherwise_reads_as_absent(node: dict[str, Any]) -> None:
    assert Shop.from_meta(node, is_ours=False).model_dump() == {
        "id": "",
        "name": "",
        "motto": None,
        "isOpen": None,
        "visitors": None,
        "hasMoved": False,
        "state": None,
        "since": None,
        "owner": None,
        "place": None,
        "shelves": [],
        "isOurs": False,
    }


def test_numbers_may_be_texts_and_ids_numbers() -> None:
    node = {"id": 12, "owner": 3, "created": "1790000000", "counters": {"today": {"visitors": "7"}}}

    shop = Shop.from_meta(node, is_ours=False)

    assert (shop.id, shop.owner, shop.visitors) == ("12", "3", 7)
    assert shop.since == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_the_schema_is_that_of_plain_types() -> None:
    fields = Shop.model_json_schema(mode="serialization")["properties"]

    assert fields["id"] == {"examples": ["12"], "title": "Id", "type": "string"}
    assert fields["isOpen"]["anyOf"] == [{"type": "boolean"}, {"type": "null"}]


def test_the_sample_is_made_of_the_examples() -> None:
    assert sample_of(Shop, is_ours=True) == {
        "id": "12",
        "name": "Lucky Shrub",
        "motto": None,
        "isOpen": True,
        "visitors": 7,
        "hasMoved": False,
        "state": "HERE",
        "since": "2026-09-21T14:13:20Z",
        "owner": "3",
        "place": {"city": "Menlo Park"},
        "shelves": [],
        "isOurs": True,
    }
