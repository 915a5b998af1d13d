"""The administrator's values for the connectors: stored sealed, overridden by the environment."""

from __future__ import annotations

import itertools
from collections.abc import ItemsView, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..contract import Check, Log, Manifest, RejectedError
from ..contract.manifest import ConfigurationKey
from ..errors import NotFoundError
from ..storage.database import DatabaseTimeout
from ..storage.seal import SealError
from ..storage.statements import insert
from ..storage.storage import Storage
from ..storage.tables import configuration

# How old the values may be that another process has changed.
RELOAD_S = 2.0
MAX_VALUE_CHARS = 4_000

_Stored = Mapping[tuple[str, str], str]


class Configuration:
    """All values, in memory: whoever asks never waits for the database.

    What other processes write is seen within seconds, as long as the database answers.
    """

    def __init__(
        self,
        storage: Storage,
        manifests: Mapping[str, Manifest],
        environment: Mapping[str, str],
        log: Log,
        reload_s: float = RELOAD_S,
    ) -> None:
        self._storage, self.environment, self._log = storage, environment, log
        self._reload_s, self._manifests = reload_s, manifests
        self._stored: _Stored = {}
        self._values: Mapping[str, Mapping[str, str]] = {}
        self._reads, self._newest = itertools.count(1), 0

    async def start(self) -> None:
        """Read what is stored; raise SealError if it cannot be opened."""
        await self.load()

    async def load(self) -> None:
        """Read what is stored now. Of reads that overlap, the one that began last counts."""
        number = next(self._reads)
        stored = await self._storage.readers.read(self._read)
        if number > self._newest:
            self._newest, self._stored = number, stored
            self._values = {each: self._combine(each) for each in self._manifests}

    async def keep_fresh(self) -> None:
        """Read again and again; while the database does not answer, the values at hand stay."""
        is_told = False
        while True:
            await self._storage.clock.sleep(self._reload_s)
            try:
                await self.load()
                is_told = False
            except (SQLAlchemyError, DatabaseTimeout, SealError) as error:
                if not is_told:
                    self._log.warning("configuration_not_read", error=type(error).__name__)
                is_told = True

    def view(self, connector_id: str) -> Mapping[str, str]:
        """Return the values of one connector, as they are at each access, defaults included."""
        return _View(self, connector_id)

    def values(self, connector_id: str) -> Mapping[str, str]:
        """Return what is set, as far as it is known here."""
        self._manifest(connector_id)
        return self._values[connector_id]

    def _combine(self, connector_id: str) -> Mapping[str, str]:
        values: dict[str, str] = {}
        for key in self._keys(connector_id):
            value, _ = self._find(connector_id, key)
            if value is not None:
                values[key.name] = value
        return values

    def describe(self, connector_id: str) -> dict[str, Any]:
        """Return every key with where its value comes from; a secret's value is not shown."""
        return {
            "service": connector_id,
            "label": self._manifest(connector_id).label,
            "keys": [self._describe(connector_id, key) for key in self._keys(connector_id)],
        }

    def checks(self, connector_id: str) -> list[Check]:
        """Report on the values, whoever has set them; no finding shows one."""
        found = [self._check(connector_id, key) for key in self._keys(connector_id)]
        faults = [check for check in found if check is not None]
        return faults or [Check("configuration", "fine", "Every value that is needed is set.")]

    def _check(self, connector_id: str, key: ConfigurationKey) -> Check | None:
        value, source = self._find(connector_id, key)
        value = (value or "").strip()
        if value:
            if key.takes(value):
                return None
            finding = f"The value is no {key.label}: {_form(key)}"
        elif key.required:
            finding = f"{key.name} is not set."
        else:
            return None
        cure = f"Run `appmixer config set {connector_id} {key.name} VALUE`"
        where = (
            f"Correct {key.environment} where the engine runs"
            if source == "environment"
            else f"{cure}, or set {key.environment}"
        )
        return Check(f"configuration {key.name}", "fault", finding, f"{where}. {key.description}")

    async def set(self, connector_id: str, name: str, value: str) -> dict[str, Any]:
        """Store a value; raise RejectedError for an unknown key, or a value that cannot be."""
        key = self._key(connector_id, name)
        value = value.strip()
        if not 0 < len(value) <= MAX_VALUE_CHARS:
            raise RejectedError(
                f"{name} needs a value",
                f"It has to have 1 to {MAX_VALUE_CHARS} characters.",
                "Give the value, or remove the key to go back to its default.",
                name,
            )
        if not key.takes(value):
            raise RejectedError(f"This is no {key.label}", _form(key), key.description, name)
        sealed = self._storage.seal.close(value)
        await self._storage.writer.commit(
            lambda connection: _put(connection, connector_id, name, sealed)
        )
        await self.load()
        return self._describe(connector_id, key)

    async def remove(self, connector_id: str, name: str) -> dict[str, Any]:
        key = self._key(connector_id, name)
        gone = (configuration.c.connector == connector_id) & (configuration.c.key == name)
        await self._storage.writer.commit(
            lambda connection: connection.execute(sa.delete(configuration).where(gone))
        )
        await self.load()
        return self._describe(connector_id, key)

    def _find(self, connector_id: str, key: ConfigurationKey) -> tuple[str | None, str]:
        if given := self.environment.get(key.environment, "").strip():
            return given, "environment"
        if (connector_id, key.name) in self._stored:
            return self._stored[connector_id, key.name], "stored"
        return key.default, "unset" if key.default is None else "default"

    def _describe(self, connector_id: str, key: ConfigurationKey) -> dict[str, Any]:
        value, source = self._find(connector_id, key)
        is_hidden = key.secret and value is not None
        return {
            "key": key.name,
            "label": key.label,
            "description": key.description,
            "environment": key.environment,
            "isSecret": key.secret,
            "isRequired": key.required,
            "isSet": value is not None,
            "source": source,
            "value": None if is_hidden else value,
        }

    def _manifest(self, connector_id: str) -> Manifest:
        if connector_id not in self._manifests:
            known = ", ".join(sorted(self._manifests)) or "none"
            raise NotFoundError(f"There is no connector {connector_id!r}; there is: {known}.")
        return self._manifests[connector_id]

    def _keys(self, connector_id: str) -> list[ConfigurationKey]:
        return self._manifest(connector_id).configuration

    def _key(self, connector_id: str, name: str) -> ConfigurationKey:
        keys = {key.name: key for key in self._keys(connector_id)}
        if name not in keys:
            raise RejectedError(
                f"{connector_id} has no key {name!r}",
                f"Its keys are: {', '.join(keys)}.",
                "Check the spelling.",
                "key",
            )
        return keys[name]

    def _read(self, connection: sa.Connection) -> _Stored:
        rows = connection.execute(sa.select(configuration))
        return {(row.connector, row.key): str(self._storage.seal.open(row.sealed)) for row in rows}


class _View(Mapping[str, str]):
    def __init__(self, source: Configuration, connector_id: str) -> None:
        self._source, self._connector_id = source, connector_id

    def __getitem__(self, key: str) -> str:
        return self._source.values(self._connector_id)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._source.values(self._connector_id))

    def __len__(self) -> int:
        return len(self._source.values(self._connector_id))

    def items(self) -> ItemsView[str, str]:
        # Asked for in every run; Mapping's own would look at the source for each.
        return self._source.values(self._connector_id).items()


def _form(key: ConfigurationKey) -> str:
    return f"{key.name} has to look like {key.example}."


def _put(connection: sa.Connection, connector_id: str, name: str, sealed: bytes) -> None:
    row = {"connector": connector_id, "key": name, "sealed": sealed}
    statement = insert(configuration, connection).values(row)
    statement = statement.on_conflict_do_update(
        index_elements=["connector", "key"], set_={"sealed": statement.excluded.sealed}
    )
    connection.execute(statement)
