"""What lies in the data folder is its user's only, whoever made the folder and however open."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from appmixer.engine.errors import StartError
from appmixer.engine.host.engine import Engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.folder import prepare_folder

pytestmark = pytest.mark.anyio

OLD = ("appmixer.sqlite", "departures", "departures.spare", "files/one/two")


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


def test_a_folder_behind_a_link_is_closed_too(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir(mode=0o755)
    (real / "api-token").write_text("x" * 40)
    (real / "api-token").chmod(0o644)
    link.symlink_to(real)

    prepare_folder(link, has_database=True)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (real, *real.iterdir())}
    assert modes == {"real": 0o700, "api-token": 0o600, "appmixer.sqlite": 0o600, "files": 0o700}


@pytest.mark.parametrize("name", ["files", "files/owner", "api-token", "appmixer.sqlite"])
def test_what_a_link_in_the_folder_leads_to_is_never_changed(tmp_path: Path, name: str) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    target = elsewhere / "file"
    target.write_text("x" * 40)
    target.chmod(0o644)
    leads_to = elsewhere if name.startswith("files") else target
    (data / name).parent.mkdir(parents=True)
    (data / name).symlink_to(leads_to)

    with pytest.raises(StartError, match="is a link to what is open to other users") as refused:
        prepare_folder(data, has_database=True)
    kept = [stat.S_IMODE(path.stat().st_mode) for path in (elsewhere, target)]
    leads_to.chmod(0o700 if leads_to.is_dir() else 0o600)
    prepare_folder(data, has_database=True)

    assert kept == [0o755, 0o644]
    assert f"chmod {'700' if leads_to == elsewhere else '600'} {leads_to}" in str(refused.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_the_folder_of_another_user_is_closed_by_root(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    (data / "api-token").write_text("x" * 40)
    (data / "api-token").chmod(0o644)
    for path in (data, data / "api-token"):
        os.chown(path, 12_345, 12_345)

    prepare_folder(data, has_database=True)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.iterdir())}
    assert modes == {"data": 0o700, "api-token": 0o600, "appmixer.sqlite": 0o600, "files": 0o700}
