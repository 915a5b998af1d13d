"""Make API Call: any call of Meta's Graph API, with the account's own token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject, RejectedError

from ...plugin.fields.senders import graph_of, whatsapp
from ...plugin.foreign_json.shapes import as_list, as_object, is_list
from ...plugin.graph.account import AccountGraph
from ...plugin.graph.any_call import MAX_PATH_CHARS, AnyCall, Method, read_call
from ...plugin.graph.once import once
from ...plugin.graph.paging import pages

MAX_ITEMS = 10_000


class MakeApiCall(Action):
    """https://developers.facebook.com/docs/graph-api/overview"""

    label = "Make API Call"
    description = "Makes any call of Meta's Graph API with the account's token."
    group = "Advanced"
    keywords = ("Custom API Call", "HTTP Request", "Graph API", "REST", "Raw")
    scopes = ("whatsapp_business_management", "whatsapp_business_messaging")
    port = "answer"

    class Input(Fields):
        method: Method = Field(
            default="GET",
            description="GET reads, POST makes or changes, DELETE takes away.",
            examples=["GET"],
            json_schema_extra={"x-widget": "select"},
        )
        path: str = Field(
            description="What stands behind the version in Meta's pages. With another version "
            "before it, that one is called.",
            min_length=1,
            max_length=MAX_PATH_CHARS,
            examples=["106540352242922/message_qrdls"],
        )
        query: dict[str, Any] = Field(
            default_factory=dict[str, Any],
            description="Names and values. Lists and objects are written as JSON, as Graph takes "
            "them.",
            examples=[{"fields": "code,prefilled_message"}],
            json_schema_extra={"x-widget": "json"},
        )
        body: dict[str, Any] | None = Field(
            default=None,
            description="What is sent as JSON, with POST or DELETE.",
            examples=[{"prefilled_message": "Show me Cyber Tuesday deals!"}],
            json_schema_extra={"x-widget": "json"},
        )
        all_pages: bool = Field(
            default=False,
            description="Fetch a list to its end, with GET.",
            examples=[True],
            json_schema_extra={"x-widget": "toggle", "x-group": "Pages"},
        )
        max_items: int = Field(
            default=1000,
            title="At Most",
            description="How many entries of all pages are fetched.",
            ge=1,
            le=MAX_ITEMS,
            examples=[100],
            json_schema_extra={"x-when": {"allPages": [True]}, "x-group": "Pages"},
        )

    class Output(Fields):
        status: int = Field(description="The HTTP status.", examples=[200])
        body: Any = Field(
            default=None,
            description="The answer: JSON as it is, else its text, nothing where it is a file. Of "
            "all pages, the entries in `data`.",
            examples=[{"data": [{"code": "5QBPAD2DC6L5A1"}]}],
        )
        media_type: str = Field(
            description="The type of the answer.", examples=["application/json"]
        )
        count: int | None = Field(
            description="How many entries `body.data` has, where it is a list.", examples=[1]
        )
        has_more: bool = Field(
            description="Whether Meta has further pages that were not fetched.", examples=[False]
        )

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "answer": {
            "status": 200,
            "body": {"data": [{"code": "5QBPAD2DC6L5A1"}]},
            "mediaType": "application/json",
            "count": 1,
            "hasMore": False,
        }
    }

    async def receive(self, context: ActionContext, input: Input) -> Output:
        graph_url = whatsapp(context).settings.graph_url
        call = read_call(input.method, input.path, input.query, input.body, graph_url=graph_url)
        graph = graph_of(context)
        if input.all_pages:
            return await _all_pages(graph, call, input.max_items)
        reads = call.method == "GET"
        reply = await (
            graph.make(call) if reads else once(context, lambda begin: graph.make(call, begin))
        )
        answer = as_object(reply.body)
        return self.Output(
            status=reply.status,
            body=reply.body,
            media_type=reply.media_type,
            count=len(as_list(answer["data"])) if is_list(answer.get("data")) else None,
            has_more=bool(as_object(answer.get("paging")).get("next")),
        )


async def _all_pages(graph: AccountGraph, call: AnyCall, max_items: int) -> MakeApiCall.Output:
    if call.method != "GET":
        raise RejectedError(
            "Only a GET has pages",
            f"{call.method} changes something, and is made once.",
            "Choose GET, or turn All Pages off.",
            "allPages",
        )
    items: list[Any] = []
    has_more = False
    media_type = ""

    async def get(position: Mapping[str, str]) -> dict[str, Any]:
        nonlocal media_type
        reply = await graph.make(call.at(position))
        media_type = reply.media_type
        if not is_list(as_object(reply.body).get("data")):
            raise RejectedError(
                "This is no list",
                "The answer has no `data` with entries, so it has no pages.",
                "Turn All Pages off.",
                "allPages",
            )
        return dict(reply.body)

    async for page in pages(get, {}, host=graph.host):
        items += page["data"]
        has_more = len(items) > max_items or bool(as_object(page.get("paging")).get("next"))
        if len(items) >= max_items:
            break
    return MakeApiCall.Output(
        status=200,
        body={"data": items[:max_items]},
        media_type=media_type,
        count=min(len(items), max_items),
        has_more=has_more,
    )
