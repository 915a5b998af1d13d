"""Components: what a flow is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .context import ActionContext, ComponentContext, TriggerContext
from .forms import Form, FormOf
from .values import Check, End, Json, JsonObject, Preview, Wait


def _title(name: str, _: object) -> str:
    return name.strip("_").replace("_", " ").title()


def _words(model: type) -> str:
    """`ListRow` is read as “List Row” above each entry of a list."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__.strip("_"))


class Fields(BaseModel):
    """Base of every Input and Output: snake_case here, camelCase in JSON, nothing unknown."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        field_title_generator=_title,
        model_title_generator=_words,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        # An input may hold a PIN or a message, and errors are logged.
        hide_input_in_errors=True,
    )


class NoInput(Fields):
    """The input of a component that takes none."""


class Component:
    """Something a person drags into a flow; its docstring names the service's page it follows.

    `port` is where the returned Output goes, `more_ports` what `context.send` can reach.
    An instance holds nothing: whatever must last goes to `context.state`.
    """

    label: ClassVar[str]
    description: ClassVar[str]
    """One sentence in the present tense, with its full stop."""
    group: ClassVar[str]
    """The heading of the palette under which it stands."""
    keywords: ClassVar[Sequence[str]] = ()
    """Further words by which people look for it, such as its name in other tools."""
    scopes: ClassVar[Sequence[str]] = ()
    """What the account must be allowed, by the service's names."""
    account: ClassVar[Literal["optional", "required"] | None] = None
    """Whether a flow may or has to name an account for it; None where the manifest tells."""
    effect: ClassVar[Literal["read", "write"]] = "write"
    """Whether it only reads, or changes something at the service."""
    idempotent: ClassVar[bool] = False
    """Whether doing it twice is the same as doing it once, as it always is for what only reads."""
    Input: ClassVar[type[BaseModel]] = NoInput
    Output: ClassVar[type[BaseModel]]
    port: ClassVar[str] = "out"
    more_ports: ClassVar[Mapping[str, type[BaseModel]]] = {}
    ports_when: ClassVar[Mapping[str, Mapping[str, Sequence[Json]]]] = {}
    """The values of input fields, by their JSON names, with which alone anything leaves at a port.

    A port that is not named can be reached with every input.
    """
    last_ports: ClassVar[Sequence[str]] = ()
    """What is sent there goes on after all that the step sent elsewhere has been worked off."""
    samples: ClassVar[Mapping[str, JsonObject]] = {}
    """An example of the Output for each kind of event or outcome, by a name for people.

    Where there is but one, the examples of the Output's fields make it.
    """
    form_of: ClassVar[FormOf | None] = None
    """What of the component depends on its input, if anything: `form` tells how."""

    async def preview(self, context: ComponentContext, input: Mapping[str, Json]) -> Preview | None:
        """Return what the step will do; None where there is nothing to show. Has no effects.

        `input` is the half-filled form, without its secrets, and fits no schema yet. What an
        expression will give is in it as far as the host knows that; the others stand in it as they
        were written, between `{{` and `}}`, and are shown so.
        """
        return None

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        """Return what an input makes of the component; raise RejectedError naming the field.

        `input` has those of the inputs that `form_of` names which are filled in. Where one is
        missing that decides, the form is empty. Only a form that asks the service may use the
        context. A field's schema in the component's own document has to allow whatever any form
        does, and `receive` still checks what no form could know.
        """
        raise NotImplementedError(f"{type(self).__name__} has no form of its own")


class Action(Component):
    """A component that does something when values arrive at its port `in`.

    One that `collects` does it once for a list, after all values of the list have been worked off,
    whether their steps have ended well or not; `context.collected` is what has reached it. Its
    expressions see what stands above the list. Where no list leads to it, each value is one. It may
    wait no longer than the seconds in the input field that `collects_within` names, from when the
    list was given: then it gets what has reached it until then, and nothing afterwards.
    """

    collects: ClassVar[bool] = False
    collects_within: ClassVar[str] = ""

    has_later_fate: ClassVar[bool] = False
    """Whether what it does goes on after the step: the plugin tells by `report_fates` what became
    of it, and until then a step that has completed stands as accepted."""

    async def why_silent(
        self, context: ComponentContext, input: JsonObject, output: JsonObject
    ) -> Sequence[Check]:
        """Return why nothing more may be heard of what a completed step did, the likeliest first.

        Called when somebody looks, of an action that has a later fate. `input` is the step's as it
        is recorded, without its secrets, `output` what went to the main port, or else to another
        one. The service may be asked; it has no effects. Raises ConnectorError where nothing can be
        told.
        """
        return ()

    async def relies_on(self, context: ComponentContext, input: JsonObject) -> Sequence[str]:
        """Return the topics whose events the step relies on, though none of them begins a run.

        Called when a flow starts, which listens to them as long as it runs. `input` is as it was
        filled in: with expressions, without secrets. The service may be asked; it has no effects.
        Whatever it raises keeps no flow from starting.
        """
        return ()

    # The input is an instance of the class's own Input; only Any lets every subclass say so.
    async def receive(self, context: ActionContext, input: Any) -> BaseModel | Wait | End | None:
        """Do it and return the Output; None sends nothing; a Wait leads to `resume`.

        An End ends the run.

        The host has validated the input. After a crash it may call again with the same `step_id`.
        At its deadline, or when the host shuts down, asyncio.CancelledError is raised where it
        waits: let it pass, and do what has to be done in `finally` within a second or two.
        """
        raise NotImplementedError

    async def resume(
        self, context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> BaseModel | Wait | End | None:
        """Go on after a Wait: with the event's payload, or with None when the time is over."""
        raise NotImplementedError


class Trigger(Component):
    """A component that starts runs of its flow.

    `reports_own_effects` tells that its events can be caused by what actions of the connector do,
    so that a flow of both can go round in a circle.
    """

    reports_own_effects: ClassVar[bool] = False
    effect = "read"

    async def start(self, context: TriggerContext) -> None:
        """Ask for events, or raise with reason and cure. May be called again when started."""
        raise NotImplementedError

    async def stop(self, context: TriggerContext) -> None:
        """Undo `start`. May be called twice, or after half a start."""
        raise NotImplementedError

    async def receive(
        self, context: TriggerContext, event: JsonObject
    ) -> BaseModel | Sequence[BaseModel] | None:
        """Turn an event into the Output, or None if it is not for this flow. Has no effects.

        It gets wake-ups and requests as well, if the trigger asked for them. A wake-up may ask a
        service for news, and start a run for each of several Outputs.
        """
        raise NotImplementedError
