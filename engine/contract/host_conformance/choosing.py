"""What a host offers at the fields that have choices."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ConnectorError, NothingToChooseError, ThrottledError
from ..values import JsonObject, Option
from .adapter import HostSite
from .probe import Probe
from .stage import Stage, expect, staged


async def a_field_offers_what_it_names_for_what_decides(site: HostSite) -> None:
    async with staged(site, Probe(offered=("one", "two")), is_started=False) as stage:
        found = await stage.host.choices("ann", {"number": 5, "pin": "739154"})

        expect(found, [Option("one", "one of ann"), Option("two", "two of ann")], "the choices")
        asked = [note for note in stage.probe.notes if note.startswith("asked")]
        expect(asked, ["asked for texts with ['number']"], "what the field was asked with")


async def choices_of_one_account_are_not_those_of_another(site: HostSite) -> None:
    async with staged(site, Probe(offered=("one",)), is_started=False) as stage:
        await stage.host.connect("bob", "token-bob")

        for name in ("ann", "bob", "ann"):
            found = await stage.host.choices(name, {})
            expect(found, [Option("one", f"one of {name}")], f"the choices of {name}")


async def a_field_without_choices_says_why(site: HostSite) -> None:
    nothing = NothingToChooseError("Choose the number first", "Each has some.", "Do.", "number")
    async with staged(site, Probe(offered=nothing), is_started=False) as stage:
        expect(
            await _refused(stage, {}),
            (True, "Choose the number first", "number"),
            "what is said in place of a list",
        )


async def an_error_of_choices_is_told_and_not_kept(site: HostSite) -> None:
    async with staged(site, Probe(offered=ThrottledError("Busy")), is_started=False) as stage:
        expect(await _refused(stage, {}), (False, "Busy", ""), "the error")
        stage.probe.offered = ("one",)

        found = await stage.host.choices("ann", {})

        expect(found, [Option("one", "one of ann")], "the choices after the error")


async def _refused(stage: Stage, form: JsonObject) -> tuple[bool, str, str] | Sequence[Option]:
    """Return what is raised: whether that is why there is nothing, its title and its field."""
    try:
        return await stage.host.choices("ann", form)
    except ConnectorError as error:
        return isinstance(error, NothingToChooseError), error.title, error.field


CHOOSING = (
    a_field_offers_what_it_names_for_what_decides,
    choices_of_one_account_are_not_those_of_another,
    a_field_without_choices_says_why,
    an_error_of_choices_is_told_and_not_kept,
)
