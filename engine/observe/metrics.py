"""What Prometheus reads at /metrics: one registry for each engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


@dataclass(eq=False)
class Totals(Collector):
    """Totals that are counted elsewhere; whoever asks for the metrics brings them up to date."""

    events: int = 0
    duplicates: int = 0

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "appmixer_events", "Events that were stored, repeats included.", self.events
        )
        yield CounterMetricFamily(
            "appmixer_duplicate_events",
            "Of the events kept, how often one came again.",
            self.duplicates,
        )


class Metrics:
    """The engine's counters, by what they count."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter(
            "appmixer_http_requests",
            "HTTP requests answered.",
            ["area", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "appmixer_http_request_seconds",
            "Time from a request to its answer.",
            ["area"],
            buckets=SECONDS,
            registry=registry,
        )
        self.totals = Totals()
        registry.register(self.totals)
        self.unrouted = Counter(
            "appmixer_unrouted_events",
            "Events no flow listens to.",
            ["connector"],
            registry=registry,
        )
        self.runs = Counter(
            "appmixer_runs", "Runs that came to an end.", ["state"], registry=registry
        )
        self.steps = Counter(
            "appmixer_steps", "Steps executed.", ["type", "state"], registry=registry
        )
        self.step_seconds = Histogram(
            "appmixer_step_seconds",
            "Time a step took.",
            ["type"],
            buckets=SECONDS,
            registry=registry,
        )
        self.fates = Counter(
            "appmixer_fates",
            "How often more became known of what a step did, after it had ended.",
            ["connector", "state"],
            registry=registry,
        )
        self.silent = Counter(
            "appmixer_silent_steps",
            "Steps of whose effect nothing more was heard for 30 seconds.",
            ["type"],
            registry=registry,
        )
        self.queued = Gauge(
            "appmixer_queued_segments", "Parts of runs that wait for a worker.", registry=registry
        )
        self.task_failures = Counter(
            "appmixer_task_failures",
            "Long-lived tasks that failed and were begun again.",
            ["task"],
            registry=registry,
        )
        self.listeners = Gauge(
            "appmixer_listeners", "Started triggers.", ["connector"], registry=registry
        )
        self.accounts = Gauge(
            "appmixer_accounts", "Connected accounts.", ["service", "state"], registry=registry
        )
        self.turn = Gauge(
            "appmixer_turn",
            "1 where this process routes and executes, 0 where it stands by.",
            registry=registry,
        )
        self.watchers = Gauge("appmixer_stream_watchers", "Open event streams.", registry=registry)

    def text(self) -> bytes:
        return generate_latest(self.registry)
