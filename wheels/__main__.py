"""`python -m wheels [FOLDER] [--page FOLDER]`: the contract, and all the rest.

In development the repository is one project, described by pyproject.toml. Its two distributions
are made from copies, each with a pyproject.toml of its own that is derived here: connectors of
other people then need the contract alone, and both can be installed side by side, because no file
is in both.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

ROOT = Path(__file__).parents[1]
CONTRACT = "appmixer.engine.contract"
# The contract's distribution comes first, so it has what makes a package of the folder above it.
SHARED = ("engine/__init__.py", "engine/py.typed")
PAGE = Path("engine", "web", "designer")
# Data of the connector whose folder is the repository, beside its packages.
DATA = ("examples", "texts")
ALONGSIDE = ("README.md", "LICENSE", "connector.json", "docs/hosting.md")
PIP = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")


def main(arguments: Sequence[str]) -> None:
    asked = _asked(arguments)
    target, page = asked.folder.resolve(), asked.page.resolve()
    if not (page / "index.html").is_file():
        sys.exit(f"There is no page in {page}: build it by `make designer`, or use `make wheels`.")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    with TemporaryDirectory() as folder:
        for name, divided in (("contract", contract(project)), ("rest", rest(project))):
            tree = Path(folder) / name
            copy_tree(tree, project, page, holds_contract=name == "contract")
            (tree / "pyproject.toml").write_text(as_toml(divided), "utf-8")
            subprocess.run([sys.executable, *PIP, "--wheel-dir", target, tree], check=True)
    for wheel in sorted(target.glob(f"*-{project['project']['version']}-*.whl")):
        sys.stdout.write(f"{wheel}\n")


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m wheels")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    parser.add_argument("--page", type=Path, default=ROOT / PAGE, help="Where the page was built.")
    return parser.parse_args(arguments)


def contract(project: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of the contract's distribution."""
    whole, own = project["project"], project["tool"]["appmixer"]["contract"]
    kept = ("version", "license", "license-files", "requires-python", "classifiers")
    return {
        "build-system": project["build-system"],
        "project": {**own, **{key: whole[key] for key in kept}, "readme": "docs/hosting.md"},
        "tool": _tool(project, ["appmixer.engine", *_packages(project, in_contract=True)]),
    }


def rest(project: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of all that is not the contract, which it needs."""
    whole, own = project["project"], project["tool"]["appmixer"]["contract"]
    needed = f"{own['name']}=={whole['version']}"
    return {
        "build-system": project["build-system"],
        "project": {**whole, "dependencies": [needed, *whole["dependencies"]]},
        "tool": _tool(project, _packages(project, in_contract=False)),
    }


def copy_tree(tree: Path, project: Mapping[str, Any], page: Path, *, holds_contract: bool) -> None:
    """Copy what one of the two is made from."""
    ignored = shutil.ignore_patterns("__pycache__")
    folder = Path(CONTRACT.replace("appmixer.", "").replace(".", "/"))
    if holds_contract:
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
        for name in SHARED:
            shutil.copy(ROOT / name, tree / name)
    else:
        for each in (*project["tool"]["setuptools"]["package-dir"].values(), *DATA):
            shutil.copytree(ROOT / each, tree / each, ignore=ignored)
        shutil.rmtree(tree / folder)
        for name in SHARED:
            (tree / name).unlink()
        shutil.rmtree(tree / PAGE, ignore_errors=True)
        shutil.copytree(page, tree / PAGE)
    for name in ALONGSIDE:
        (tree / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tree / name)


def as_toml(document: Mapping[str, Any]) -> str:
    """Return the document with each part on a line of its own; for programs, not for people."""
    return "".join(f"{key} = {_inline(value)}\n" for key, value in document.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        entries = [f"{json.dumps(key)} = {_inline(each)}" for key, each in table.items()]
        return f"{{ {', '.join(entries)} }}"
    if isinstance(value, list):
        return f"[{', '.join(_inline(each) for each in cast('Sequence[Any]', value))}]"
    return json.dumps(value, ensure_ascii=False)


def _packages(project: Mapping[str, Any], *, in_contract: bool) -> list[str]:
    packages: list[str] = project["tool"]["setuptools"]["packages"]
    return [each for each in packages if each.startswith(CONTRACT) == in_contract]


def _tool(project: Mapping[str, Any], packages: list[str]) -> dict[str, Any]:
    setuptools = project["tool"]["setuptools"]
    folders = {
        name: folder
        for name, folder in setuptools["package-dir"].items()
        if any(each == name or each.startswith(f"{name}.") for each in packages)
    }
    data = {
        name: each
        for name, each in setuptools["package-data"].items()
        if name == "*" or name in packages
    }
    return {
        "setuptools": {
            **setuptools,
            "packages": packages,
            "package-dir": folders,
            "package-data": data,
        }
    }


if __name__ == "__main__":
    main(sys.argv[1:])
