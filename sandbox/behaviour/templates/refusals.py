"""What template management says no with: Meta's subcodes, each with its title and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ...protocol.errors import MetaError, entry_for, template_refused
from ...protocol.shapes import Json

LIMIT_REACHED = 2388019
NAME_IS_BLOCKED = 2388023
EXISTS_ALREADY = 2388024
STATUS_IS_FIXED = 2388039
TOO_LONG = 2388040
BAD_HEADER = 2388047
BAD_BODY = 2388072
BAD_FOOTER = 2388073
TOO_MANY_VARIABLES = 2388293
VARIABLE_AT_THE_EDGE = 2388299
DIRECT_SEND_IS_FIXED = 2388318
DIRECT_SEND_STAYS = 2388330
NOT_FOUND = 2593002

# Not on Meta's page of errors: seen in Graph's answers that people pasted into public trackers,
# the newest of 2026 (a body without its example, and a name with capitals).
MISSING_FIELD = 2388043
BAD_NAME = 2388046
_UNLISTED_TITLES: Mapping[int, str] = MappingProxyType(
    {
        MISSING_FIELD: 'Message template "components" param is missing expected field(s)',
        BAD_NAME: "Name format is incorrect",
        NOT_FOUND: "Message template not found",
    }
)
# Public reports name this pair for a header handle that no upload made.
BAD_HANDLE = (131009, 2494102)


def refusal(subcode: int, sentence: str) -> MetaError:
    entry = entry_for(100, subcode)
    title = _UNLISTED_TITLES[subcode] if entry is None else entry.title
    return template_refused(subcode, title, sentence)


def too_long(place: str, limit: int) -> MetaError:
    return refusal(TOO_LONG, f"The {place} of your template has more than {limit} characters.")


def missing(kind: str, field: str) -> MetaError:
    sentence = f"component of type {kind} is missing expected field(s) ({field})"
    return refusal(MISSING_FIELD, sentence)


def parameter(place: str, rule: str) -> MetaError:
    """Graph's own check of a parameter, before anything of templates is looked at."""
    return MetaError(100, f"(#100) Param {place} {rule}")


def not_one_of(place: str, values: Iterable[str], given: object) -> MetaError:
    return parameter(place, f'must be one of {{{", ".join(values)}}} - got "{str(given)[:80]}".')


def check_keys(given: Json, known: Iterable[str], place: str) -> None:
    """Graph names the first key of a template's parts that it does not know."""
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        raise MetaError(100, f'(#100) Unexpected key "{unknown[:80]}" on param "{place}".')


def bad_handle(place: str, reason: str) -> MetaError:
    code, subcode = BAD_HANDLE
    return MetaError(
        code,
        f"(#{code}) Parameter value is not valid",
        subcode=subcode,
        details=f"{place}: {reason}",
        user_title="Invalid media handle",
        user_message="The handle of the header's sample is not valid. Upload the file again.",
    )
