"""An OpenAPI document as a judge: is an answer one of those that it describes?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from jsonschema import Draft202012Validator, ValidationError

SUCCESS = re.compile("2..")


@dataclass
class Description:
    """The document, with the operations whose success was seen so far and the faults found."""

    document: Mapping[str, Any]
    succeeded: set[str] = field(default_factory=set[str])
    faults: list[str] = field(default_factory=list[str])

    def operations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield f"{method.upper()} {path}", operation

    def judge(self, answer: httpx.Response) -> None:
        """Note what an answer, which was read, is other than the document says."""
        name, operation = self._operation(answer.request.method, answer.request.url.path)
        status = str(answer.status_code)
        described = operation["responses"]
        ranged = described.get(f"{status[0]}XX")
        found = [
            f"{name} {status}: {fault}"
            for fault in self._faults_in(described.get(status, ranged), answer)
        ]
        self.faults += found
        if answer.is_success and not found:
            self.succeeded.add(name)

    def faults_of_notice(self, path: str, event: str, content: Any) -> list[str]:
        """Return what a notice of a stream is other than the document says."""
        ok = self.document["paths"][path]["get"]["responses"]["200"]
        entries = [
            entry["properties"]["data"]["contentSchema"]
            for entry in ok["content"]["text/event-stream"]["itemSchema"]["oneOf"]
            if entry["properties"]["event"] == {"const": event}
        ]
        return self._faults(entries[0], content) if entries else [f"{event} is not described"]

    def _operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any]]:
        fitting = [
            (name, operation)
            for name, operation in self.operations()
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", name), f"{method} {path}")
        ]
        return min(fitting, key=lambda each: each[0].count("{"))

    def _faults_in(self, described: Mapping[str, Any] | None, answer: httpx.Response) -> list[str]:
        if described is None:
            return ["the status is not described"]
        contents: Mapping[str, Any] = described.get("content", {})
        if not contents:
            return ["a body is not described"] if answer.content else []
        media_type = answer.headers["content-type"].partition(";")[0]
        if media_type not in contents and "*/*" not in contents:
            return [f"{media_type} is not described"]
        if media_type != "application/json":
            return []
        return self._faults(contents[media_type]["schema"], answer.json())

    def _faults(self, schema: Mapping[str, Any], content: Any) -> list[str]:
        whole = {**schema, "components": self.document["components"]}
        found: Iterator[ValidationError] = Draft202012Validator(whole).iter_errors(content)  # pyright: ignore[reportUnknownMemberType]
        return [f"{error.json_path}: {error.message}" for error in found]
