"""A wheel carries all that a run needs, and works where its files cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Emulator
from tests.integration.conftest import NOW

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="without git nothing says which files are ours"
)

PACKAGED = ("sources", "pipelines", "warehouse", "transforms")
COMPANY = (
    "--seed", "7", "--users", "6", "--calls", "30", "--days", "10", "--workspaces", "1",
    "--now", NOW, "--no-limit",
)  # fmt: skip
_HAS_PRIVILEGES = os.getuid() == 0
_WITHOUT = ("setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override")
"""Root may write into a read-only folder; a program that is started by this may not."""


def tracked(*folders: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *folders],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    # a file may have been removed and not yet been committed
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}


def build(kind: str, source: Path, into: Path) -> Path:
    """Builds a `wheel` or an `sdist` from a folder, with the build tool that is installed."""
    into.mkdir()
    made = subprocess.run(
        [
            sys.executable, "-c",
            f"import sys; from setuptools.build_meta import build_{kind} as build; "
            "print(build(sys.argv[1]))",
            str(into),
        ],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return into / made.stdout.split()[-1]


def files_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """The tracked files alone, as a clone has them; building leaves files beside them."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "checkout"
        for name in tracked():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
        yield folder


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    return build("wheel", checkout, checkout.parent / "wheel")


def test_a_wheel_has_every_file_of_the_product_and_no_other(wheel: Path) -> None:
    assert files_in(wheel) == tracked(*PACKAGED)


def test_a_source_distribution_is_the_whole_repository_and_makes_the_same_wheel(
    checkout: Path, wheel: Path
) -> None:
    archive = build("sdist", checkout, checkout.parent / "sdist")
    unpacked = checkout.parent / "unpacked"
    with tarfile.open(archive) as packed:
        packed.extractall(unpacked, filter="data")
    [source] = unpacked.iterdir()

    there = {file.relative_to(source).as_posix() for file in source.rglob("*") if file.is_file()}
    assert {name for name in tracked() if not name.startswith(".")} - there == set()
    assert files_in(build("wheel", source, checkout.parent / "again")) == files_in(wheel)


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Iterator[Path]:
    """A folder with an environment `venv`, which has the wheel and cannot be written, and `home`.

    The dependencies are those of the running environment; its editable checkout is not seen, for
    that hangs on a `.pth` file, which Python reads in its own folders alone.
    """
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        run(sys.executable, "-m", "venv", "--without-pip", str(folder / "venv"))
        run(
            sys.executable, "-m", "pip", "--python", str(folder / "venv" / "bin" / "python"),
            "install", "--quiet", "--no-deps", "--no-index", str(wheel),
        )  # fmt: skip
        packages = site_packages(folder)
        paths = sysconfig.get_paths()
        dependencies = dict.fromkeys((paths["purelib"], paths["platlib"]))
        (packages / "dependencies.pth").write_text("\n".join(dependencies) + "\n")
        for place in (packages, *packages.rglob("*")):
            place.chmod(0o555 if place.is_dir() else 0o444)
        (folder / "home").mkdir()
        yield folder
        for place in (packages, *(place for place in packages.rglob("*") if place.is_dir())):
            place.chmod(0o755)


def site_packages(folder: Path) -> Path:
    [found] = folder.glob("venv/lib/python*/site-packages")
    return found


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_installed_wheel_runs_from_any_folder_and_writes_nothing_beside_itself(
    installed: Path, emulators: Callable[..., Emulator]
) -> None:
    emulator = emulators(*COMPANY)
    packages, home = site_packages(installed), installed / "home"
    prefix = _WITHOUT if _HAS_PRIVILEGES and shutil.which("setpriv") else ()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GONG_ELT_NOW": NOW,
        "SOURCES__GONG__BASE_URL": emulator.base_url,
        "SOURCES__GONG__ACCESS_KEY": emulator.access_key,
        "SOURCES__GONG__ACCESS_KEY_SECRET": emulator.access_key_secret,
        "SOURCES__GONG__REQUESTS_PER_SECOND": "0",
        "SOURCES__GONG__REQUESTS_PER_DAY": "0",
    }

    def does(code: int, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*prefix, str(installed / "venv" / "bin" / program), *arguments],
            cwd=home, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{program} {arguments}: {done.stdout}{done.stderr}"
        return done

    before = tree(packages)
    where = "import sources as s, pipelines as p, warehouse as w, os; print(*(m.__file__ for m in "
    where += "(s, p, w)), os.access(p.__path__[0], os.W_OK))"
    *files, is_writable = does(0, "python", "-c", where).stdout.split()
    assert files == [str(packages / name / "__init__.py") for name in PACKAGED[:3]]
    assert is_writable == "False" or (_HAS_PRIVILEGES and not prefix)
    assert does(0, "gong-elt", "--version").stdout.startswith("gong-elt ")
    assert "Usage: gong-elt" in does(0, "gong-elt", "--help").stdout

    for step in ("check", "plan", "sync", "transform", "publish", "status"):
        does(0, "gong-elt", step)
    count = does(
        0, "gong-elt", "query", "select count(*) from gong.fct_calls", "--format", "csv"
    ).stdout
    assert count.split()[-1] == str(len(emulator.truth("calls"))) == "30"

    there = set(home.iterdir())
    refused = does(2, "gong-elt", "demo")
    assert "clone it and run `make demo`" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert "checkout" in does(2, "python", "-m", "pipelines.docs").stderr
    assert set(home.iterdir()) == there
    assert tree(packages) == before


def tree(folder: Path) -> dict[Path, int]:
    """Returns when each file, and each folder's list of files, changed last."""
    return {path: path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}
