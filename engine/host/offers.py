"""What connectors offer to people beside their code: example flows, and texts in other languages.

Both are asked for once, when somebody first wants them. A connector whose hook fails, or an example
that does not fit, is reported in the log and costs the others nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..contract import ConfigurationError, Connector, Log, Texts, translate
from ..contract.connector import FOREIGN_FAULTS
from ..contract.texts import LANGUAGE
from ..flows.documents import read_document
from ..flows.models import ComponentType, FlowDocument, FlowFaults
from ..flows.ports import described
from ..observe.faults import Describe

ENGLISH = "en"
# Of each connector; more would be looked at by nobody.
MAX_EXAMPLES, MAX_LANGUAGES = 100, 100
# What a browser sends has a handful of languages.
MAX_WANTED = 20


@dataclass(frozen=True)
class Example:
    """A flow to begin with."""

    id: str
    connector: str
    document: FlowDocument


@dataclass
class Offers:
    """What all connectors offer."""

    connectors: Mapping[str, Connector]
    types: Mapping[str, ComponentType]
    log: Log
    describe: Describe
    _examples: list[Example] | None = None
    _texts: Mapping[str, Mapping[str, Texts]] | None = None
    _palettes: dict[str, list[dict[str, Any]]] = field(
        default_factory=dict[str, list[dict[str, Any]]]
    )
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def examples(self) -> list[Example]:
        """Return the examples of all connectors that fit."""
        async with self._reading:
            if self._examples is None:
                self._examples = await asyncio.to_thread(self._read_examples)
            return self._examples

    async def texts(self, language: str) -> Mapping[str, Texts]:
        """Return the texts in a language by connector; none for those that do not speak it."""
        spoken = await self._spoken()
        return {key: each[language] for key, each in spoken.items() if language in each}

    async def languages(self) -> list[str]:
        """Return every language that at least one connector speaks, English first."""
        others = {language for each in (await self._spoken()).values() for language in each}
        return [ENGLISH, *sorted(others - {ENGLISH})]

    async def language(self, wanted: str) -> str:
        """Return the language that fits an Accept-Language header best; English where none does."""
        known = {each.lower(): each for each in await self.languages()}
        for name in _in_order(wanted):
            for candidate in (name, name.partition("-")[0]):
                if candidate in known:
                    return known[candidate]
        return ENGLISH

    async def palette(self, language: str) -> list[dict[str, Any]]:
        """Return what people see of all connectors and their components, in a language."""
        texts = await self.texts(language)
        async with self._reading:
            if language not in self._palettes:
                self._palettes[language] = await asyncio.to_thread(self._shown, texts)
            return self._palettes[language]

    async def said(
        self, document: dict[str, Any], connector_id: str, language: str
    ) -> dict[str, Any]:
        """Return a document of a connector's in a language, as far as it speaks it."""
        texts = (await self.texts(language)).get(connector_id, {})
        found: dict[str, Any] = await asyncio.to_thread(translate, document, texts)
        return found

    def _shown(self, texts: Mapping[str, Texts]) -> list[dict[str, Any]]:
        return [
            translate(self._connector(key, connector), texts.get(key, {}))
            for key, connector in sorted(self.connectors.items())
        ]

    def _connector(self, connector_id: str, connector: Connector) -> dict[str, Any]:
        manifest = connector.manifest.model_dump(
            mode="json",
            by_alias=True,
            exclude={"schema_uri", "configuration", "setup", "secrets", "texts", "components"},
        )
        hidden = {"schema_file", "module", "account"}
        components = list[dict[str, Any]]()
        for entry in connector.manifest.components:
            try:
                kind = self.types[entry.name]
            except ConfigurationError as error:
                self.log.error("component_left_out", component=entry.name, exc_info=error)
                continue
            components.append(
                {
                    **entry.model_dump(mode="json", by_alias=True, exclude=hidden),
                    "needsAccount": kind.needs_account,
                    "takesAccount": kind.takes_account,
                    "ports": described(kind.schema),
                    "schema": kind.schema,
                }
            )
        return {**manifest, "id": connector_id, "components": components}

    async def _spoken(self) -> Mapping[str, Mapping[str, Texts]]:
        async with self._reading:
            if self._texts is None:
                self._texts = await asyncio.to_thread(self._read_texts)
            return self._texts

    def _read_texts(self) -> Mapping[str, Mapping[str, Texts]]:
        found: dict[str, Mapping[str, Texts]] = {}
        for connector_id, connector in self.connectors.items():
            try:
                told = connector.texts()
                languages = [each for each in told if re.fullmatch(LANGUAGE, each)]
                found[connector_id] = {each: told[each] for each in languages[:MAX_LANGUAGES]}
            except FOREIGN_FAULTS as error:
                self.describe(error, connector=connector_id)
        return found

    def _read_examples(self) -> list[Example]:
        found: list[Example] = []
        for connector_id, connector in sorted(self.connectors.items()):
            try:
                told = list(connector.examples().items())[:MAX_EXAMPLES]
            except FOREIGN_FAULTS as error:
                self.describe(error, connector=connector_id)
                continue
            for key, raw in told:
                try:
                    document = read_document(raw, self.types)
                except FlowFaults as faults:
                    self.log.error(
                        "example_left_out", connector=connector_id, example=key, reason=str(faults)
                    )
                    continue
                found.append(Example(key, connector_id, document))
        return found


def _in_order(header: str) -> list[str]:
    """Return the languages of an Accept-Language header, in lower case, the dearest first."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(",")[:MAX_WANTED]:
        name, _, weight = part.replace(" ", "").partition(";q=")
        try:
            weighs = float(weight) if weight else 1.0
        except ValueError:
            continue
        if weighs > 0:
            wanted.append((-weighs, name.lower()))
    # Of those that are equally dear, the first.
    return [name for _, name in sorted(wanted, key=lambda each: each[0])]
