"""What begins runs: events, the clock, requests, and people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from ..contract import Plugin
from ..events.announcements import Announcements
from ..events.beginnings import Beginnings
from ..events.by_hand import RunsByHand
from ..events.chains import Chains
from ..events.finding import Finder
from ..events.hook_requests import HookRequests
from ..events.inbox import Events
from ..events.later import Later
from ..events.notifying import Notifier
from ..events.repeats import Repeats
from ..events.routing import IDLE_ALONE_S, IDLE_AMONG_OTHERS_S, Router
from ..events.topics import Topics
from ..events.unprompted import Unprompted
from ..events.waking import LOOK_ALONE_S, LOOK_AMONG_OTHERS_S, Waker
from ..flows.flows import Flows
from ..flows.input_checks import InputChecks
from ..flows.models import ComponentType
from ..limits import Limits
from ..observe.faults import Describe
from ..observe.metrics import Metrics
from ..runs.fates import Fates
from ..storage.storage import Storage
from ..storage.store import EntriesWithEvents
from .executing import Execution
from .hosted import Hosted
from .notices import StreamedNotices


@dataclass(frozen=True)
class Beginning:
    """The parts, which share what they hand runs over to."""

    router: Router
    later: Later
    waker: Waker
    notifier: Notifier
    by_hand: RunsByHand
    hook_requests: HookRequests


def make_beginning(
    storage: Storage,
    *,
    execution: Execution,
    hosted: Hosted,
    inbox: Events,
    topics: Topics,
    with_events: EntriesWithEvents,
    fates: Fates,
    limits: Limits,
    types: Mapping[str, ComponentType],
    plugins: Mapping[str, Plugin],
    flows: Flows,
    input_checks: InputChecks,
    notices: StreamedNotices,
    metrics: Metrics,
    log: FilteringBoundLogger,
    describe: Describe,
) -> Beginning:
    """Make them; nothing begins before this process has the turn, or somebody asks for it."""
    turn, hand_over = execution.turn, execution.due.hand_over
    unprompted, repeats = Unprompted(storage, hand_over, notices), Repeats(storage)
    finder = Finder(storage, flows, topics, Chains(storage, limits.chain), describe)
    beginnings = Beginnings(hand_over, notices, metrics)
    idle_s = IDLE_ALONE_S if turn.is_alone else IDLE_AMONG_OTHERS_S
    later = Later(storage, finder, beginnings, math.inf if turn.is_alone else idle_s)
    router = Router(
        storage=storage,
        inbox=inbox,
        plugins=plugins,
        finder=finder,
        announcements=Announcements(plugins, with_events, fates, describe),
        beginnings=beginnings,
        later=later,
        log=log,
        describe=describe,
        fence=turn.fence,
        idle_s=idle_s,
    )
    temporal, late_s = execution.temporal, execution.due.late_s
    waker = Waker(
        storage=storage,
        flows=flows,
        unprompted=unprompted,
        fence=turn.fence,
        connectors=lambda: plugins.keys(),
        log=log,
        describe=describe,
        look_s=late_s or (LOOK_ALONE_S if turn.is_alone else LOOK_AMONG_OTHERS_S),
        add_timer=None if temporal is None else temporal.add_schedule,
    )
    notifier = Notifier(
        storage=storage,
        flows=flows,
        types=types,
        topics=topics,
        unprompted=unprompted,
        fence=turn.fence,
        log=log,
        describe=describe,
    )
    by_hand = RunsByHand(storage, flows, types, hosted.component, input_checks, unprompted, repeats)
    hook_requests = HookRequests(storage, flows, unprompted, repeats, limits)
    return Beginning(router, later, waker, notifier, by_hand, hook_requests)
