"""Two processes that both execute, over a real Temporal: one dies in a flood, with its folder."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from .conftest import BIN, World, running
from .test_stand_by import A_FLOOD, PEOPLE, is_quiet, replies, set_up, standing_by, write

UNKNOWN_AFTER_S = 5


# The first is the small form of the others.
@pytest.mark.parametrize(
    ("dies", "seed"),
    [
        ("the one that hands out", 20261130),
        pytest.param("the other one", 20261130, marks=pytest.mark.prove),
        *(
            pytest.param(dies, seed, marks=pytest.mark.prove)
            for seed in (1, 2, 3)
            for dies in ("the one that hands out", "the other one")
        ),
    ],
)
def test_what_a_worker_that_dies_with_its_folder_has_begun_is_done_by_the_other_and_once(
    tmp_path: Path,
    postgres: str,
    temporal_server: str,
    monkeypatch: pytest.MonkeyPatch,
    dies: str,
    seed: int,
) -> None:
    monkeypatch.setenv("APPMIXER_TEMPORAL_ADDRESS", temporal_server)
    key = Fernet.generate_key().decode()
    command = [str(BIN / "appmixer")]
    with (
        running(
            tmp_path,
            command,
            database_url=postgres,
            secret_key=key,
            unknown_after_s=UNKNOWN_AFTER_S,
        ) as world,
        standing_by(world, tmp_path) as second,
    ):
        first = world.engine
        world.wait_until(lambda: "turn_taken" in first.log.read_text(), "the first one is at work")
        victim, folder = (first, world.data)
        if dies == "the other one":
            victim, folder = (second, tmp_path / "second")
        survivor = second if victim is first else first
        set_up(world, survivor)
        world.engine = survivor
        write(world, 0)
        time.sleep(random.Random(seed).uniform(0.1, 0.5))  # in the middle of the flood
        write(world, 1)
        victim.kill()
        shutil.rmtree(folder)
        write(world, 2)
        world.wait_until(lambda: is_quiet(world, 3 * A_FLOOD), "all runs are at rest")
        # What was about to leave when the process died waits for its status, and ends as unknown.
        world.wait_until(lambda: states(world)["waiting"] == 0, "what waits has ended")
        ends = states(world)
        said = {person: replies(world, person) for person in PEOPLE}

    told = [text for texts in said.values() for text in texts]
    assert [text for texts in said.values() for text, n in Counter(texts).items() if n > 1] == []
    assert ends["completed"] + ends["unknown"] == 3 * A_FLOOD, ends
    assert 3 * A_FLOOD - len(told) <= ends["unknown"] <= len(PEOPLE)


def states(world: World) -> Counter[str]:
    return Counter(run["status"] for run in world.runs(limit=1000))
