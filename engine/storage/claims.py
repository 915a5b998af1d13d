"""Which of several processes executes a segment: one at a time, for as long as it lives.

Each process has a lease, and claims a segment before it executes it. Another one may claim it when
that lease is over; what the first one does later, without knowing it, no table takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import ReturningUpdate

from .database import LeaseLostError
from .fence import TURN, Term
from .tables import claims, leases, segments
from .writer import Joined, Writer

# How the leases of processes are named; the rest is theirs alone.
PROCESS, NOBODY = "worker:", ""
# How a process calls itself that executes whatever is due as long as it has the turn.
ALONE = "alone:"
# What is left of a process that ended so long ago.
KEPT_S = 86_400.0
_NOW = sa.extract("epoch", sa.func.clock_timestamp())
_LIVES = leases.c.expires_at >= _NOW
IS_DUE = segments.c.state == sa.literal_column("'queued'")
_PROOF = (
    sa.select(claims.c.segment_id)
    .where(
        claims.c.segment_id == sa.bindparam("segment_id"),
        claims.c.holder == sa.bindparam("holder"),
    )
    .with_for_update(read=True)
)


@dataclass(eq=False)
class Claim:
    """The right of one process to execute one segment, while nobody else has claimed it."""

    segment_id: str
    lease: Term
    is_first: bool
    """Whether nobody has claimed it before."""

    @property
    def is_over(self) -> bool:
        return self.lease.is_over

    def prove(self, connection: sa.Connection) -> None:
        mine = {"segment_id": self.segment_id, "holder": self.lease.name}
        if not connection.execute(_PROOF, mine).first():
            raise LeaseLostError("another process executes the segment")


async def claim(writer: Writer, segment_id: str, lease: Term) -> Claim | None:
    """Claim a segment that is due; None if it is not, or another process that lives has it."""
    is_first = await writer.commit(Joined(_take, (segment_id, lease.name)))
    return None if is_first is None else Claim(segment_id, lease, is_first)


async def release(writer: Writer, held: Claim, *, is_done: bool) -> None:
    """Give up a claim; of what is not done it is known that somebody may have begun it."""
    mine = held.segment_id, held.lease.name
    await writer.commit_in_the_end(Joined(_remove if is_done else _leave, mine))


def is_claimed(segment_id: sa.ColumnElement[str]) -> sa.Exists:
    """Say of a segment whether a process that lives has claimed it."""
    return sa.exists().where(
        claims.c.segment_id == segment_id, claims.c.holder == leases.c.name, _LIVES
    )


def others_execute() -> sa.Exists:
    """Say whether processes live of which each executes by a lease of its own."""
    lease = leases.alias()
    lives = lease.c.expires_at >= _NOW
    return sa.exists().where(lease.c.name.startswith(PROCESS), lives)


def one_executes_alone() -> sa.Exists:
    """Say whether a process lives that has the turn, and executes whatever is due."""
    return sa.exists().where(leases.c.name == TURN, leases.c.holder.startswith(ALONE), _LIVES)


def remove_claims(connection: sa.Connection) -> None:
    """Remove what processes have left behind that have died, or ended long ago."""
    alive = sa.exists().where(leases.c.name == claims.c.holder, _LIVES)
    is_due = sa.exists().where(segments.c.id == claims.c.segment_id, IS_DUE)
    connection.execute(sa.delete(claims).where(~alive, ~is_due))
    gone = leases.c.name.startswith(PROCESS) & (leases.c.expires_at < _NOW - KEPT_S)
    connection.execute(sa.delete(leases).where(gone))


def _take(connection: sa.Connection, wanted: Sequence[tuple[str, str]]) -> list[bool | None]:
    """Return of each segment whether it was claimed for the first time, None if it is not."""
    [holder] = {holder for _, holder in wanted}
    ids = [segment_id for segment_id, _ in wanted]
    # Locked, so that one that ends now is seen to have ended.
    due = (
        sa.select(segments.c.id, sa.literal(holder))
        .where(segments.c.id.in_(ids), IS_DUE)
        .order_by(segments.c.id)
        .with_for_update(read=True)
    )
    insert = postgresql.insert(claims).from_select(["segment_id", "holder"], due)
    new = insert.on_conflict_do_nothing().returning(claims.c.segment_id)
    first = {*connection.scalars(new)}
    others = [each for each in ids if each not in first]
    again = {*connection.scalars(_taking_over(others, holder))} if others else set[str]()
    return [True if each in first else False if each in again else None for each in ids]


def _taking_over(ids: Sequence[str], holder: str) -> ReturningUpdate[tuple[str]]:
    """Return what takes claims whose holders do not live; who is just writing by one does."""
    alive = sa.exists().where(leases.c.name == claims.c.holder, leases.c.name != holder, _LIVES)
    is_due = sa.exists().where(segments.c.id == claims.c.segment_id, IS_DUE)
    free = (
        sa.select(claims.c.segment_id)
        .where(claims.c.segment_id.in_(ids), is_due, ~alive)
        .order_by(claims.c.segment_id)
        .with_for_update(skip_locked=True, of=claims)
    )
    return (
        sa.update(claims)
        .where(claims.c.segment_id.in_(free.scalar_subquery()))
        .values(holder=holder)
        .returning(claims.c.segment_id)
    )


def _remove(connection: sa.Connection, held: Sequence[tuple[str, str]]) -> list[None]:
    connection.execute(sa.delete(claims).where(_are(held)))
    return [None] * len(held)


def _leave(connection: sa.Connection, held: Sequence[tuple[str, str]]) -> list[None]:
    connection.execute(sa.update(claims).where(_are(held)).values(holder=NOBODY))
    return [None] * len(held)


def _are(held: Sequence[tuple[str, str]]) -> sa.ColumnElement[bool]:
    [holder] = {holder for _, holder in held}
    ids = [segment_id for segment_id, _ in held]
    return claims.c.segment_id.in_(ids) & (claims.c.holder == holder)
