"""Read CSV: the tables that people have, row by row, and the line where one is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio

PEOPLE = [{"name": "Zoë", "phone": "+16505551234"}, {"name": "Bo; the 2nd", "phone": ""}]


def reading(input: dict[str, Any]) -> dict[str, Any]:
    return flow(read=step("ReadCsv", input, "begin.started"))


async def read(site: Site, input: dict[str, Any]) -> dict[str, Any]:
    run = await site.play(reading(input))
    [found] = [each for each in run["steps"] if each["component"] == "read"]
    return dict(found)


async def upload(site: Site, content: bytes) -> str:
    kept = await site.client.post("/api/files", files={"file": ("a.csv", content, "text/csv")})
    return str(kept.json()["id"])


def rows_of(found: dict[str, Any]) -> list[dict[str, str]]:
    return [each["values"] for each in found["output"]["row"]]


async def test_the_minimal_input_gives_each_row_and_then_the_count(site: Site) -> None:
    found = await read(site, {"text": "name,phone\nSheena,1\n\nBo,2\n"})

    assert found["output"] == {
        "row": [
            {"number": 1, "values": {"name": "Sheena", "phone": "1"}},
            {"number": 2, "values": {"name": "Bo", "phone": "2"}},
        ],
        "done": [{"count": 2, "columns": ["name", "phone"]}],
    }


async def test_the_full_input_is_read_as_it_says(site: Site) -> None:
    file_id = await upload(site, "Zoë|1\nBö|2".encode("utf-16"))

    found = await read(
        site,
        {
            "fileId": file_id,
            "hasHeader": False,
            "separator": "pipe",
            "encoding": "utf-16",
            "atOnce": 1,
        },
    )

    assert rows_of(found) == [
        {"column1": "Zoë", "column2": "1"},
        {"column1": "Bö", "column2": "2"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        'name,phone\nZoë,+16505551234\n"Bo; the 2nd",\n'.encode(),
        '\ufeffname;phone\r\nZoë;+16505551234\r\n"Bo; the 2nd";\r\n'.encode(),
        'name;phone\r\nZoë;+16505551234\r\n"Bo; the 2nd";'.encode("cp1252"),
        "name\tphone\nZoë\t+16505551234\nBo; the 2nd\n".encode("utf-16"),
        'sep=;\r\nname;phone\r\nZoë;+16505551234\r\n"Bo; the 2nd";\r\n'.encode(),
        "name|phone\rZoë|+16505551234\rBo; the 2nd|\r".encode(),
        'name ,phone,\nZoë,+16505551234,,,\n"Bo; the 2nd",\n'.encode(),
    ],
    ids=["plain", "excel", "windows", "unicode", "directive", "mac", "ragged"],
)
async def test_what_spreadsheets_write_is_read(site: Site, content: bytes) -> None:
    found = await read(site, {"fileId": await upload(site, content)})

    rows = [{key: each[key] for key in ("name", "phone") if key in each} for each in rows_of(found)]
    assert rows == PEOPLE


async def test_quoted_values_may_have_lines_and_the_line_of_a_fault_is_that_of_the_file(
    site: Site,
) -> None:
    text = 'sep=,\na,b\n"one\ntwo","say ""hi"""\n1,2,3\n'

    good = await read(site, {"text": text.rpartition("1,2,3")[0]})
    bad = await read(site, {"text": text})

    assert rows_of(good) == [{"a": "one\ntwo", "b": 'say "hi"'}]
    assert bad["status"] == "failed"
    assert bad["error"]["cause"] == "Line 5: it has 3 values, and there are 2 columns."
    assert bad["output"] in ({}, None)


@pytest.mark.parametrize(
    ("input", "field", "cause"),
    [
        ({}, "fileId", "Either a file or a text is read."),
        ({"text": "a", "fileId": "b"}, "fileId", "Either a file or a text is read."),
        ({"fileId": "gone"}, "fileId", "There is no file gone."),
        ({"text": " \n\n"}, "fileId", "It has no row"),
        ({"text": "a,b,a\n1,2,3"}, "separator", "Line 1: two columns are called a"),
        ({"text": 'a,b\n1,"2\n3'}, "separator", "a quoted value begins before it and never ends"),
        ({"text": 'a,b\n"1"x,2'}, "separator", "Line 2: something stands behind"),
        ({"text": "a\n" + "1\n" * 50_001}, "fileId", "It may have 50,000 rows"),
        ({"text": "a\n" + "x" * 200_000}, "separator", "a value has more than 131,072 characters"),
        ({"text": "a," * 1_001}, "separator", "Line 1: it has more than 1,000 columns"),
    ],
)
async def test_what_cannot_be_read_is_told_with_its_line(
    site: Site, input: dict[str, Any], field: str, cause: str
) -> None:
    found = await read(site, input)

    assert (found["status"], found["error"]["field"]) == ("failed", field)
    assert cause in found["error"]["cause"]


async def test_a_file_that_is_not_in_its_encoding_is_told_with_the_line(site: Site) -> None:
    file_id = await upload(site, "a,b\n1,2\nö,3".encode("cp1252"))

    found = await read(site, {"fileId": file_id, "encoding": "utf-8"})

    assert found["error"]["cause"] == "Line 3 is no text in utf-8."


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"separator": "dot"}, "separator"),
        ({"encoding": "x"}, "encoding"),
        ({"atOnce": 0}, "atOnce"),
    ],
)
async def test_a_wrong_input_keeps_the_flow_from_being_stored(
    site: Site, wrong: dict[str, Any], path: str
) -> None:
    [(found, _)] = await site.faults(reading({"text": "a", **wrong}))

    assert found == f"components.read.input.{path}"


async def test_each_row_reaches_the_steps_behind_it_and_done_comes_last(site: Site) -> None:
    named = [{"name": "to", "value": '{{ read.row.values["Phone No."] }}'}]
    total = [{"name": "total", "value": "{{ read.done.count }}"}]

    run = await site.play(
        flow(
            read=step("ReadCsv", {"text": "Phone No.\n1\n2\n3", "atOnce": 1}, "begin.started"),
            shaped=step("SetValues", {"values": named}, "read.row"),
            ended=step("SetValues", {"values": total}, "read.done"),
        )
    )

    shaped = [each["output"]["out"] for each in run["steps"] if each["component"] == "shaped"]
    assert shaped == [[{"to": "1"}], [{"to": "2"}], [{"to": "3"}]]
    assert outputs(run)["ended"] == {"out": [{"total": 3}]}
    assert run["steps"][-1]["component"] == "ended"


async def test_others_have_their_turn_while_a_long_table_is_read(site: Site) -> None:
    text = "a,b,c,d\n" + "one,two,three,four\n" * 50_000
    file_id = await upload(site, text.encode())
    turns, is_over = 0, asyncio.Event()

    async def take_turns() -> None:
        nonlocal turns
        while not is_over.is_set():
            turns += 1
            await asyncio.sleep(0)

    taking = asyncio.create_task(take_turns())
    found = await read(site, {"fileId": file_id})
    is_over.set()
    await taking

    assert found["output"]["done"] == [{"count": 50_000, "columns": ["a", "b", "c", "d"]}]
    # One for every hundred rows, at least.
    assert turns > 500
