"""The connectors in an engine: what is loaded of each, and how one is left out or stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from structlog.typing import FilteringBoundLogger

from ..contract import AccountProvider, Component, Connector, LeftOut, Plugin, Quota, Route
from ..contract.connector import FOREIGN_FAULTS
from ..contract.manifest import AccountSetting, QuotaRule
from ..flows.component_types import usable
from ..observe.faults import Describe
from ..observe.metrics import Metrics
from ..observe.tasks import Tasks
from ..storage.store import DatabaseStore
from .contexts import EngineHost, Services
from .quotas import Buckets, SharedBuckets


class Hosted:
    """The usable ones of the installed connectors, and their long-lived parts once opened."""

    def __init__(
        self,
        installed: Mapping[str, Connector],
        log: FilteringBoundLogger,
        describe: Describe,
        metrics: Metrics,
    ) -> None:
        self._log, self._describe, self._metrics = log, describe, metrics
        self.connectors, self.types, self.left_out = usable(installed)
        self.plugins: dict[str, Plugin] = {}
        self.providers: dict[str, AccountProvider] = {}
        self.hosts: dict[str, EngineHost] = {}
        self.routes: dict[str, Sequence[Route]] = {}
        self._instances: dict[str, Component] = {}
        for each in self.left_out:
            self._tell_left_out(each)

    def component(self, name: str) -> Component:
        """Return the one instance of a component's class."""
        if name not in self._instances:
            classes = self.connectors[self.types[name].connector].components()
            self._instances[name] = classes[name]()
        return self._instances[name]

    def account_settings(self, service: str) -> Sequence[AccountSetting]:
        """Return the settings that accounts of a service have."""
        connector = self.connectors.get(service)
        return connector.manifest.account_settings if connector is not None else ()

    def has_accounts(self, connector_id: str) -> bool:
        connector = self.connectors.get(connector_id)
        return connector is None or connector.manifest.has_accounts

    def open_all(self, services: Services) -> None:
        """Make the long-lived parts; leave out what cannot be made."""
        for connector_id, connector in list(self.connectors.items()):
            try:
                self._open(connector_id, connector, services)
            except FOREIGN_FAULTS as error:
                self._leave_out(connector_id, error)

    async def start_all(self, opened: contextlib.AsyncExitStack) -> None:
        """Start the plugins, to be stopped with all that is open; leave out what does not start."""
        for connector_id, plugin in list(self.plugins.items()):
            host = self.hosts[connector_id]
            try:
                await plugin.start()
            except BaseException as error:
                await self._stop(host, plugin)
                if not isinstance(error, FOREIGN_FAULTS):
                    raise
                self._leave_out(connector_id, error)
            else:
                opened.push_async_callback(self._stop, host, plugin)

    async def _stop(self, host: EngineHost, plugin: Plugin) -> None:
        """Cancel what it has had watched, and stop it."""
        await host.tasks.stop()
        try:
            await plugin.stop()
        except FOREIGN_FAULTS as error:  # what else is open has to be closed all the same
            self._log.error("plugin_not_stopped", connector=host.connector, exc_info=error)

    def _open(self, connector_id: str, connector: Connector, services: Services) -> None:
        quotas = {quota.name: quota for quota in connector.manifest.quotas}
        log = self._log.bind(connector=connector_id)
        host = EngineHost(
            services=services,
            connector=connector_id,
            http=services.http,
            log=log,
            store=DatabaseStore(services.storage, connector_id),
            quota=_quota(connector_id, quotas, services),
            tasks=Tasks(self._describe, self._metrics, log),
        )
        self.hosts[connector_id] = host
        provider, plugin = connector.account_provider(host), connector.plugin(host)
        self.routes[connector_id] = tuple(plugin.routes)
        self.plugins[connector_id] = plugin
        if provider is not None:
            self.providers[connector_id] = provider

    def _leave_out(self, connector_id: str, error: BaseException) -> None:
        """Go on without a connector; what is stored for it waits until it can be used again."""
        left_out = self.connectors.pop(connector_id).left_out(error)
        for kept in (self.hosts, self.providers, self.plugins, self.routes):
            kept.pop(connector_id, None)
        self.types.leave_out(connector_id)
        self.left_out.append(left_out)
        self._tell_left_out(left_out)

    def _tell_left_out(self, left_out: LeftOut) -> None:
        self._log.error(
            "connector_left_out",
            distribution=left_out.distribution,
            entry_point=left_out.entry_point,
            reason=left_out.reason,
            exc_info=left_out.error,
        )


def _quota(connector_id: str, quotas: Mapping[str, QuotaRule], services: Services) -> Quota:
    clock = services.storage.clock
    if services.rates is None:
        return Buckets(quotas, clock)
    return SharedBuckets(connector_id, quotas, services.rates, clock)
