"""What lies in the data folder is its user's only, whoever made the folder and however open."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from appmixer.engine.engine import Engine
from appmixer.engine.settings import Settings

pytestmark = pytest.mark.anyio

OLD = ("appmixer.sqlite", "departures", "files/one/two")


@pytest.fixture(params=[0o000, 0o022])
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """A data folder that everybody may read, and a user whose umask lets them."""
    umask = os.umask(request.param)
    data = tmp_path / "data"
    (data / "files" / "one").mkdir(parents=True)
    for name in OLD:
        (data / name).touch()
    yield Settings(data=data, environment={})
    os.umask(umask)


async def test_folder_and_files_are_kept_from_everybody_else(
    engine: Engine, admin: httpx.AsyncClient
) -> None:
    await admin.post("/api/files?name=a.txt", content=b"x")
    data = engine.settings.data

    modes = {
        str(path.relative_to(data)): stat.S_IMODE(path.stat().st_mode)
        for path in (data, *data.rglob("*"))
    }

    assert {*OLD, "appmixer.sqlite-wal", "appmixer.sqlite-shm"} < set(modes)
    folders = {str(path.relative_to(data)) for path in (data, *data.rglob("*")) if path.is_dir()}
    assert len(folders) == 4
    assert modes == {name: 0o700 if name in folders else 0o600 for name in modes}
