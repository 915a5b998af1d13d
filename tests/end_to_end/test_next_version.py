"""A process of the next version begins beside one of the present version that is at work."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from appmixer.engine.storage import database
from appmixer.engine.storage.tables import SCHEMA_VERSION

from .machines import machines
from .test_several_processes import GREET, ask

NEXT = "9999"
ADDS = f'''
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEXT}", "{SCHEMA_VERSION}"


def upgrade():
    op.create_table("next", sa.Column("id", sa.Text(), primary_key=True))
    op.add_column("runs", sa.Column("next", sa.Text()))
    op.add_column("segments", sa.Column("next", sa.Text()))
'''
NEXT_ENGINE = """
import os
from appmixer.engine.cli import main
from appmixer.engine.storage import database

database.SCHEMA_VERSION = "9999"
database.__file__ = os.path.join(os.environ["NEXT_VERSION"], "database.py")
main()
"""


def test_an_upgrade_needs_no_outage_and_an_old_process_does_not_begin_on_new_tables(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = Path(database.__file__).parent / "migrations"
    shutil.copytree(present, tmp_path / "next" / "migrations")
    (tmp_path / "next" / "migrations" / "versions" / "9999_next.py").write_text(ADDS)
    monkeypatch.setitem(os.environ, "NEXT_VERSION", str(tmp_path / "next"))
    with machines(tmp_path, postgres) as found:
        world, old = found.world, list(found.alive)
        started = old[0].command
        newer = found.begin([sys.executable, "-c", NEXT_ENGINE, *started[1:]])

        version = world.rows("SELECT version_num FROM alembic_version")
        for number, process in enumerate(found.alive):
            ask("PUT", f"{process.url}/api/flows/both-{number}", json=GREET)
            ask("POST", f"{process.url}/api/flows/both-{number}/start")
            world.ended_run(f"both-{number}", "completed")
        is_at_work = found.at_work()
        for each in old:
            found.alive.remove(each)
            each.stop()
        world.engine = newer
        world.wait_until(found.at_work, "the new one is at work")
        world.start("after", GREET)
        world.ended_run("after", "completed")
        late = replace(old[1], log=tmp_path / "late.log", running=None)
        with pytest.raises(AssertionError):
            late.start()
        said = late.log.read_text()

    assert version == [(NEXT,)]
    assert is_at_work in old
    assert "was made by a newer version of this engine" in said
    assert "Traceback" not in said
