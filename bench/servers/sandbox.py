"""The sandbox as its own command serves it, with senders and people enough for its limits."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import uvloop

from appmixer.sandbox.behaviour.webhooks.courier import Courier
from appmixer.sandbox.gateway.server import serve
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Person
from appmixer.sandbox.world.world import World

from .serving import tell_port, until_asked_to_end

NUMBERS = 40
PEOPLE = 2000


def filled() -> World:
    """The seeded world in live mode, with sending numbers whose windows are open to everybody."""
    world = World(seed.seed, Courier)
    world.settings.mode = "live"
    world.settings.rates = "off"
    model = world.numbers[seed.PHONE_NUMBER_ID]
    for position in range(NUMBERS):
        number = replace(model, id=sender(position), display=f"+1 555-090-{position:04}")
        number.is_registered = True
        world.numbers[number.id] = number
    for position in range(PEOPLE):
        person = Person(recipient(position), f"US.{10**15 + position}", f"Person {position}")
        world.add_person(person)
        number = world.numbers[sender(position)]
        world.conversation(number, person).last_inbound_at = world.clock.now()
    return world


def sender(position: int) -> str:
    return str(706540352242922 + position % NUMBERS)


def recipient(position: int) -> str:
    return str(16600000000 + position % PEOPLE)


async def main() -> None:
    def tell(url: str) -> None:
        tell_port(int(url.rpartition(":")[2]))

    serving = asyncio.create_task(serve(port=0, world=filled(), on_started=tell))
    ended = asyncio.create_task(until_asked_to_end())
    await asyncio.wait({serving, ended}, return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


if __name__ == "__main__":
    uvloop.run(main())
