"""HTTP Request: what it sends, what it gives back, and what it never does."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from aiohttp import web

from ..site import Site, flow, outputs, step
from .service import Service

pytestmark = pytest.mark.anyio

CALL = "begin.started"


def calling(input: dict[str, Any], **more: Any) -> dict[str, Any]:
    return flow(called=step("HttpRequest", input, CALL, **more))


async def play(site: Site, input: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Run a flow of one call, and return its step."""
    run = await site.play(calling(input, **more))
    [called] = [each for each in run["steps"] if each["component"] == "called"]
    return dict(called)


async def test_the_minimal_request_asks_and_gives_back_what_was_answered(
    site: Site, service: Service
) -> None:
    service.gives("/orders/17", web.json_response({"id": 17, "status": "open"}))

    called = await play(site, {"url": f"{service.url}/orders/17"})

    [answer] = called["output"]["response"]
    assert called["status"] == "completed"
    assert service.paths == [("GET", "/orders/17")]
    assert answer["headers"]["content-type"] == "application/json; charset=utf-8"
    assert {key: each for key, each in answer.items() if key != "headers"} == {
        "status": 200,
        "body": {"id": 17, "status": "open"},
        "fileId": None,
        "fileName": None,
        "mediaType": "application/json",
        "sizeBytes": 28,
        "url": f"{service.url}/orders/17",
    }


async def test_the_full_request_is_sent_as_it_was_written(site: Site, service: Service) -> None:
    service.gives("/a b", web.Response(status=201, text="made", content_type="text/plain"))
    given = {
        "method": "PUT",
        "url": f"{service.url}/a%20b?signed=a%2Fb",
        "query": {"q": "{{ 'ü & ' + 'ö' }}", "tag": ["x", 2], "no": None, "flag": True},
        "headers": {"X-One": "first", "accept": "text/plain", "X-Many": 3},
        "bodyType": "json",
        "body": {"name": "Zoë", "sum": "{{ 40 + 2 }}"},
        "readAs": "text",
        "passesEveryStatus": True,
        "timeoutS": 20,
        "maxSizeMb": 1,
    }

    called = await play(site, given)

    [asked] = service.asked
    assert (asked.method, asked.path) == (
        "PUT",
        "/a%20b?signed=a%2Fb&q=%C3%BC%20%26%20%C3%B6&tag=x&tag=2&flag=true",
    )
    assert json.loads(asked.body) == {"name": "Zoë", "sum": 42}
    wanted = ("x-one", "accept", "x-many", "content-type", "user-agent", "accept-encoding")
    assert {name: asked.headers[name] for name in wanted} == {
        "x-one": "first",
        "accept": "text/plain",
        "x-many": "3",
        "content-type": "application/json",
        "user-agent": "appmixer",
        "accept-encoding": "gzip",
    }
    [answer] = called["output"]["response"]
    assert (answer["status"], answer["body"]) == (201, "made")


@pytest.mark.parametrize(
    ("body", "sent", "media_type"),
    [
        (
            {"bodyType": "form", "body": {"to": "a&b", "n": [1, 2]}},
            b"to=a%26b&n=1&n=2",
            "application/x-www-form-urlencoded",
        ),
        ({"bodyType": "text", "body": "Grüße"}, "Grüße".encode(), "text/plain; charset=utf-8"),
        ({"bodyType": "json", "body": []}, b"[]", "application/json"),
        ({}, b"", None),
    ],
)
async def test_a_body_is_sent_as_its_kind_says(
    site: Site, service: Service, body: dict[str, Any], sent: bytes, media_type: str | None
) -> None:
    service.gives("/", web.Response())

    await play(site, {"method": "POST", "url": service.url, **body})

    [asked] = service.asked
    assert (asked.body, asked.headers.get("content-type")) == (sent, media_type)
    assert asked.headers["content-length"] == str(len(sent))


async def test_a_kept_file_is_sent_and_an_answered_file_is_kept(
    site: Site, service: Service
) -> None:
    content = bytes(range(256)) * 1_000
    upload = await site.client.post(
        "/api/files", files={"file": ("in.bin", content, "application/x-thing")}
    )
    file_id = upload.json()["id"]
    disposition = {"Content-Disposition": 'attachment; filename="../../out .pdf"'}
    service.gives(
        "/", web.Response(body=content, content_type="application/pdf", headers=disposition)
    )

    given = {"method": "POST", "url": service.url, "bodyType": "file", "fileId": file_id}
    called = await play(site, given)

    [asked], [answer] = service.asked, called["output"]["response"]
    assert asked.body == content
    assert asked.headers["content-type"] == "application/x-thing"
    assert (answer["body"], answer["fileName"], answer["mediaType"], answer["sizeBytes"]) == (
        None,
        "out .pdf",
        "application/pdf",
        len(content),
    )
    kept = await site.client.get(f"/api/files/{answer['fileId']}/content")
    assert kept.content == content


@pytest.mark.parametrize(
    ("content", "media_type", "body"),
    [
        (b'\xef\xbb\xbf{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": [1, 2.5, null, "\\u0000\\ud800"]}', "application/problem+json", None),
        (b"a=1&b=x+y&b=%C3%BC&c=", "application/x-www-form-urlencoded", None),
        ("Grüße".encode(), "text/plain", "Grüße"),
        ("Grüße €".encode("cp1252"), "text/html", "Grüße €"),
        ("Grüße".encode("utf-16"), "text/plain; charset=utf-16", "Grüße"),
        (b"<a/>", "application/xml", "<a/>"),
        (b"not json", "application/json", "not json"),
        (b'{"a": NaN}', "application/json", '{"a": NaN}'),
        (b'{"a": 1e999}', "application/json", '{"a": 1e999}'),
        (b"[" * 60 + b"]" * 60, "application/json", "[" * 60 + "]" * 60),
        (b"", "application/json", None),
        (b'"text"', "application/json", "text"),
    ],
)
async def test_an_answer_is_parsed_by_what_it_says_it_is(
    site: Site, service: Service, content: bytes, media_type: str, body: Any
) -> None:
    service.gives("/", web.Response(body=content, headers={"Content-Type": media_type}))

    called = await play(site, {"url": service.url})

    expected = {
        "application/problem+json": {"a": [1, 2.5, None, "\ufffd\ufffd"]},
        "application/x-www-form-urlencoded": {"a": "1", "b": ["x y", "ü"], "c": ""},
    }.get(media_type, body)
    [answer] = called["output"]["response"]
    assert (answer["body"], answer["fileId"]) == (expected, None)


@pytest.mark.parametrize("answer", [b'"%s"' % (b"x" * 1_100_000), b"[%s1]" % (b"1," * 60_000)])
async def test_what_is_too_much_to_be_passed_on_is_kept_as_a_file(
    site: Site, service: Service, answer: bytes
) -> None:
    service.gives("/list", web.Response(body=answer, content_type="application/json"))

    called = await play(site, {"url": f"{service.url}/list"})

    [given] = called["output"]["response"]
    assert (given["body"], given["fileName"], given["sizeBytes"]) == (
        None,
        "list.json",
        len(answer),
    )


async def test_a_packed_answer_is_unpacked_and_counted_as_it_comes(
    site: Site, service: Service
) -> None:
    packed = {"Content-Encoding": "gzip"}
    small, bomb = gzip.compress(b'{"a": 1}'), gzip.compress(b"\0" * 3_000_000)
    json_type, binary = "application/json", "application/octet-stream"
    service.gives("/small", web.Response(body=small, content_type=json_type, headers=packed))
    service.gives("/bomb", web.Response(body=bomb, content_type=binary, headers=packed))

    first = await play(site, {"url": f"{service.url}/small"})
    second = await play(site, {"url": f"{service.url}/bomb", "maxSizeMb": 1})

    assert first["output"]["response"][0]["body"] == {"a": 1}
    assert second["error"]["title"] == "The answer is too large"
    assert second["error"]["field"] == "maxSizeMb"
    assert (await site.client.get("/api/files")).json()["files"] == []


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({}, "url"),
        ({"url": "https://a.example", "method": "BREW"}, "method"),
        ({"url": "https://a.example", "timeoutS": 0}, "timeoutS"),
        ({"url": "https://a.example", "maxSizeMb": 101}, "maxSizeMb"),
        ({"url": "https://a.example", "headers": {"X": [1]}}, "headers.X"),
    ],
)
async def test_a_wrong_input_keeps_the_flow_from_being_stored(
    site: Site, wrong: dict[str, Any], path: str
) -> None:
    [(found, text)] = await site.faults(calling(wrong))

    assert found == f"components.called.input.{path}"
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "ftp://a.example/"}, "url"),
        ({"url": "a.example"}, "url"),
        ({"url": "https://a b.example/"}, "url"),
        ({"url": "https://xn--/"}, "url"),
        ({"url": "http://127.1/"}, "url"),
        ({"url": "https://me:secret@a.example/"}, "url"),
        ({"url": "https://a.example/", "headers": {"X Y": "1"}}, "headers.X Y"),
        ({"url": "https://a.example/", "headers": {"Host": "b"}}, "headers.Host"),
        ({"url": "https://a.example/", "headers": {"X": "a\r\nY: b"}}, "headers.X"),
        ({"url": "https://a.example/", "query": {"a": {"b": 1}}}, "query.a"),
        ({"url": "https://a.example/", "bodyType": "json", "body": 1}, "bodyType"),
        ({"url": "https://a.example/", "body": 1, "method": "POST"}, "bodyType"),
        ({"url": "https://a.example/", "bodyType": "form", "body": 1, "method": "PUT"}, "body"),
        ({"url": "https://a.example/", "bodyType": "text", "body": 1, "method": "PUT"}, "body"),
        ({"url": "https://a.example/", "bodyType": "json", "method": "PUT"}, "body"),
        ({"url": "https://a.example/", "bodyType": "file", "method": "PUT"}, "fileId"),
        (
            {
                "url": "https://a.example/",
                "bodyType": "file",
                "fileId": "gone",
                "method": "PUT",
            },
            "fileId",
        ),
    ],
)
async def test_what_cannot_be_sent_is_refused_with_the_field_and_the_cure(
    site: Site, service: Service, wrong: dict[str, Any], field: str
) -> None:
    called = await play(site, wrong)

    error = called["error"]
    assert (called["status"], error["field"]) == ("failed", field)
    assert error["cause"]
    assert error["cure"]
    assert "secret" not in json.dumps(error)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.2:{port}/", "http://localhost:1/", "http://[::1]:{port}/"]
)
async def test_an_address_inside_that_is_not_allowed_is_refused(
    site: Site, service: Service, url: str
) -> None:
    called = await play(site, {"url": url.format(port=service.port)})

    assert (called["status"], called["error"]["field"]) == ("failed", "url")
    assert "APPMIXER_PRIVATE_HOSTS" in called["error"]["cure"]
    assert service.asked == []


async def test_a_redirect_inside_is_refused(site: Site, service: Service) -> None:
    inside = f"http://127.0.0.2:{service.port}/inside"
    service.gives("/", web.Response(status=302, headers={"Location": inside}))
    service.gives("/inside", web.Response(text="secret"))

    called = await play(site, {"url": service.url})

    assert called["error"]["title"] == "The address cannot be called"
    assert service.paths == [("GET", "/")]


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [
        (301, "GET", b""),
        (302, "GET", b""),
        (303, "GET", b""),
        (307, "POST", b"x"),
        (308, "POST", b"x"),
    ],
)
async def test_a_redirect_is_followed_as_browsers_do(
    site: Site, service: Service, status: int, method: str, body: bytes
) -> None:
    service.gives("/", web.Response(status=status, headers={"Location": "there"}))
    service.gives("/there", web.Response(text="ok"))

    given = {"method": "POST", "url": service.url, "bodyType": "text", "body": "x"}
    called = await play(site, given)

    [answer] = called["output"]["response"]
    assert (answer["body"], answer["url"]) == ("ok", f"{service.url}/there")
    assert (service.asked[1].method, service.asked[1].body) == (method, body)


@pytest.mark.parametrize("location", ["/", "ftp://a.example/", "http://[x/", "http://xn--/"])
async def test_a_redirect_that_leads_nowhere_is_told(
    site: Site, service: Service, location: str
) -> None:
    service.gives("/", web.Response(status=302, headers={"Location": location}))

    called = await play(site, {"url": service.url})

    assert (called["status"], called["error"]["field"]) == ("failed", "url")
    assert len(service.asked) == (6 if location == "/" else 1)


async def test_a_refusal_fails_with_the_services_own_words(site: Site, service: Service) -> None:
    words = {"error": {"message": "No order 17"}}
    service.gives("/", web.json_response(words, status=404))

    called = await play(site, {"url": service.url})

    assert called["error"]["cause"] == "127.0.0.1 answered 404: No order 17."
    assert called["error"]["code"] == 404


async def test_a_refusal_is_passed_on_where_that_is_wanted(site: Site, service: Service) -> None:
    service.gives("/", web.json_response({"error": "gone"}, status=404))

    called = await play(site, {"url": service.url, "passesEveryStatus": True})

    [answer] = called["output"]["response"]
    assert (answer["status"], answer["body"]) == (404, {"error": "gone"})


async def ended_later(site: Site, input: dict[str, Any]) -> dict[str, Any]:
    """Run a call whose step is put off, and move the clock until it has ended."""
    run_id = await site.begin(calling(input))

    async def find() -> dict[str, Any] | None:
        run = await site.run(run_id)
        site.clock.advance(5)
        return run if run["endedAt"] else None

    run = await site.until(find)
    [called] = [each for each in run["steps"] if each["component"] == "called"]
    return dict(called)


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 503), ("PUT", 500), ("DELETE", 502), ("POST", 429)]
)
async def test_what_may_be_repeated_is_asked_again_later(
    site: Site, service: Service, method: str, status: int
) -> None:
    busy = web.Response(status=status, headers={"Retry-After": "7"})
    service.gives("/", busy, web.Response(text="ok"))

    called = await ended_later(site, {"method": method, "url": service.url})

    assert called["status"] == "completed"
    assert service.paths == [(method, "/")] * 2


@pytest.mark.parametrize(
    ("status", "state"), [(500, "failed"), (503, "failed"), (502, "unknown"), (504, "unknown")]
)
async def test_a_post_is_asked_once_whatever_the_service_does(
    site: Site, service: Service, status: int, state: str
) -> None:
    service.gives("/", web.Response(status=status))

    called = await play(site, {"method": "POST", "url": service.url})

    assert called["status"] == state
    assert service.paths == [("POST", "/")]


async def test_a_post_whose_answer_does_not_come_is_unknown_and_never_repeated(
    site: Site, service: Service
) -> None:
    service.gives("/", service.hang)

    called = await play(site, {"method": "POST", "url": service.url, "timeoutS": 1})

    assert called["status"] == "unknown"
    assert called["error"]["cause"] == "127.0.0.1 did not answer in time. It had left before."
    assert service.paths == [("POST", "/")]


async def test_a_post_whose_connection_breaks_is_unknown(site: Site, service: Service) -> None:
    service.gives("/", service.break_off)

    called = await play(site, {"method": "POST", "url": service.url})

    assert (called["status"], len(service.asked)) == ("unknown", 1)


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_repeatable_request_whose_answer_does_not_come_is_asked_again(
    site: Site, service: Service, method: str
) -> None:
    service.gives("/", service.hang, web.Response(text="ok"))

    called = await ended_later(site, {"method": method, "url": service.url, "timeoutS": 1})

    assert (called["status"], len(service.asked)) == ("completed", 2)


async def test_a_post_that_was_under_way_when_the_engine_stopped_is_unknown_afterwards(
    site: Site, service: Service
) -> None:
    service.gives("/", service.hang, web.Response(text="ok"))
    run_id = await site.begin(calling({"method": "POST", "url": service.url}))

    async def has_arrived() -> bool:
        return bool(service.asked)

    await site.until(has_arrived)
    await site.restart()
    run = await site.ended(run_id)

    [called] = [each for each in run["steps"] if each["component"] == "called"]
    assert (called["status"], len(service.asked)) == ("unknown", 1)


async def test_a_refused_post_may_be_tried_again_by_a_person(site: Site, service: Service) -> None:
    service.gives("/", web.Response(status=500), web.Response(text="ok"))
    run_id = await site.begin(calling({"method": "POST", "url": service.url}))
    await site.ended(run_id)

    again = await site.client.post(f"/api/runs/{run_id}/retry", json={})
    assert again.status_code in (200, 202), again.text

    async def is_completed() -> bool:
        return bool((await site.run(run_id))["status"] == "completed")

    assert await site.until(is_completed)
    assert len(service.asked) == 2


async def test_a_dry_run_shows_the_request_and_sends_nothing(site: Site, service: Service) -> None:
    answer = await site.client.post(
        "/api/components/appmixer.utilities.HttpRequest/test",
        json={
            "dryRun": True,
            "input": {"method": "POST", "url": service.url, "bodyType": "json", "body": {"a": 1}},
        },
    )

    shown = answer.json()["request"]
    assert (shown["method"], shown["url"].rstrip("/"), shown["body"]) == (
        "POST",
        service.url,
        {"a": 1},
    )
    assert service.asked == []


async def test_later_steps_read_what_was_answered(site: Site, service: Service) -> None:
    service.gives("/", web.json_response({"items": [{"name": "Aloe"}]}))
    named = [{"name": "first", "value": "{{ called.response.body.items[0].name }}"}]

    run = await site.play(
        flow(
            called=step("HttpRequest", {"url": service.url}, CALL),
            shaped=step("SetValues", {"values": named}, "called.response"),
        )
    )

    assert outputs(run)["shaped"] == {"out": [{"first": "Aloe"}]}
