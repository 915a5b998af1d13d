"""The tables of a connector's texts, one for each language, held to what it says in English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .texts import Texts, examples_in, texts_in, texts_of_flow
from .values import Json, JsonObject

# Where they lie by custom, beside connector.json: texts/de.json, texts/pt-BR.json.
FOLDER = "texts"


@dataclass(frozen=True)
class English:
    """What a connector says: each text once, in its order, and those that may stay as they are."""

    texts: Mapping[str, None]
    examples: Mapping[str, None] = field(default_factory=dict[str, None])

    @classmethod
    def of(cls, documents: Iterable[Json], flows: Iterable[JsonObject] = ()) -> English:
        """Read manifest and schemas, and the example flows."""
        read = [*documents]
        texts = dict.fromkeys(text for each in read for text in texts_in(each))
        texts |= dict.fromkeys(text for each in flows for text in texts_of_flow(each))
        return cls(texts, dict.fromkeys(text for each in read for text in examples_in(each)))

    def missing(self, table: Texts) -> list[str]:
        """Return what the table does not say."""
        return [text for text in self.texts if not table.get(text)]

    def unused(self, table: Texts) -> list[str]:
        """Return what the table says for nothing."""
        return [text for text in table if text not in self.texts and text not in self.examples]

    def in_order(self, table: Texts) -> dict[str, str]:
        """Return the table sorted, without what nothing says, with an empty text for what lacks."""
        kept = {text: table.get(text, "") for text in self.texts}
        kept |= {text: table[text] for text in self.examples if table.get(text)}
        return dict(sorted(kept.items()))
