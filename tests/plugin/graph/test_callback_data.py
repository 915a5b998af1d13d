"""Our key and the flow's own text share the one field that Meta gives back."""

from __future__ import annotations

import pytest

from appmixer.engine.contract import RejectedError
from appmixer.whatsapp.plugin.graph.callback_data import (
    MAX_OPAQUE_CHARS,
    as_second,
    is_second,
    pack,
    unpack,
)


@pytest.mark.parametrize("step_id", ["run-1:step-2", "a b&c=d%é", "1"])
@pytest.mark.parametrize("user_data", [None, "", "order 5", "a&b=c", "é😀"])
def test_what_is_packed_is_unpacked(step_id: str, user_data: str | None) -> None:
    assert unpack(pack(step_id, user_data)) == (step_id, user_data)


@pytest.mark.parametrize("foreign", ["", "order 5", '{"step": 1}'])
def test_a_text_of_somebody_else_is_left_as_it_is(foreign: str) -> None:
    assert unpack(foreign) == (None, foreign)


def test_what_meta_would_not_take_is_refused_with_the_room_there_is() -> None:
    room = MAX_OPAQUE_CHARS - len(pack("run-1:step-2", ""))
    assert len(pack("run-1:step-2", "x" * room)) == MAX_OPAQUE_CHARS

    with pytest.raises(RejectedError, match=f"{room} fit") as caught:
        pack("run-1:step-2", "x" * (room + 1))

    assert caught.value.field == "opaqueData"


def test_what_travels_with_a_second_message_is_of_the_same_step_and_as_long() -> None:
    packed = pack("run-1:reply", "order:860198")
    second = as_second(packed)

    assert [is_second(each) for each in (packed, second)] == [False, True]
    assert unpack(second) == unpack(packed)
    assert len(second) == len(packed)
