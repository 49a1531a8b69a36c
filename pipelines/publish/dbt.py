"""Runs the dbt project over the warehouse, in a process of its own.

dbt builds into `gong_build` and tests what it built. A model that fails, or a test of severity
error, keeps its table and the tables after it from being published; the others go on. Publishes
nothing and remembers nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pipelines
from pipelines.exit_codes import CommandError
from pipelines.publish.dbt_limits import dbt_limits, explained, merged, starved
from pipelines.publish.findings import finding
from pipelines.session import Session
from pipelines.settings import environment_of_child
from sources.gong.schema.zone_names import zone_named
from warehouse.build_warnings import BuildWarning

PROJECT = Path(pipelines.__file__).resolve().parent.parent / "transforms"
"""dbt's project, which lies beside the packages in a checkout and where a wheel is installed."""


class DbtFailed(CommandError):
    """dbt could not build at all; the message has its last words."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What dbt did.

    Attributes:
        failed: models that must not be published, with the reason.
        warnings: tests of severity warn that found rows.
        models: how many models were built.
        tests: how many tests passed.
        built: names of the models that were built.
        tested: names of the tests that came to an end.
    """

    failed: Mapping[str, str]
    warnings: Sequence[BuildWarning]
    models: int
    tests: int
    built: frozenset[str] = frozenset()
    tested: frozenset[str] = frozenset()


def run_dbt(
    session: Session,
    zone: str | None,
    selected: Sequence[str] = (),
    warned: Sequence[str] = (),
) -> BuildResult:
    """Builds and tests models.

    Args:
        session: the run.
        zone: the company's time zone, by which days are cut; UTC where it is not known.
        selected: what to build, as dbt selects it; of the tables by call the calls in
            `changed_calls` alone. By default everything, whole.
        warned: tests to look at the whole of these tables too, so that they count all the rows that
            they find.

    Raises:
        DbtFailed: dbt did not get as far as building.
    """
    (work := session.home / "dbt").mkdir(mode=0o700, exist_ok=True)
    limits = dbt_limits(session.settings)
    variables = _variables(session, zone, selected, warned)
    try:
        results, manifest = _build(session, work, {**variables, **limits.variables}, selected)
        if starving := starved(results, manifest):
            session.console.info(
                f"transform: out of memory ({limits.memory}) in {', '.join(starving)}; "
                "building again what failed, one at a time and with one thread"
            )
            again, _ = _build(session, work, {**variables, **limits.alone.variables}, starving)
            results = explained(merged(results, again), limits)
    finally:
        shutil.rmtree(session.target.spill, ignore_errors=True)
    return summary(results, manifest)


def _variables(
    session: Session, zone: str | None, selected: Sequence[str], warned: Sequence[str]
) -> Mapping[str, str]:
    """Returns what `transforms` reads of its environment, as its README lists it."""
    return {
        # dbt takes the path for a URL; its file alone has no sign of one
        "GONG_ELT_DUCKDB_PATH": session.target.path.name,
        "GONG_ELT_COMPANY_TIME_ZONE": zone_named(zone).key if zone else "UTC",
        "GONG_ELT_NOW": session.started_at.isoformat(),
        "GONG_ELT_DBT_CHANGED_CALLS": str(bool(selected)).lower(),
        "GONG_ELT_DBT_WARNED_TESTS": " ".join(warned),
    }


def _build(
    session: Session, work: Path, variables: Mapping[str, str], selected: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Runs dbt, and returns its `run_results.json` and `manifest.json`."""
    results = work / "run_results.json"
    results.unlink(missing_ok=True)
    dbt = _run(
        _command(work, selected),
        folder=session.target.path.parent,
        env=environment_of_child(variables),
    )
    if dbt.returncode < 0:
        raise DbtFailed(
            f"dbt was ended from outside ({signal.strsignal(-dbt.returncode)}) while it built the "
            "models. If nobody did that, the machine had too little memory; GONG_ELT_DBT_MEMORY "
            "and GONG_ELT_DBT_THREADS bound what dbt takes. The next run builds the models again."
        )
    try:
        return json.loads(results.read_bytes()), json.loads((work / "manifest.json").read_bytes())
    except (FileNotFoundError, ValueError):
        # dbt did not come to writing them, or did not get to their end
        last_words = "\n".join((dbt.stdout + dbt.stderr).strip().splitlines()[-15:])
        raise DbtFailed(f"dbt could not build the models:\n{last_words}") from None


def _command(work: Path, selected: Sequence[str]) -> list[str]:
    return [
        # -P: no module of the folder that it runs in
        sys.executable, "-P", "-m", "pipelines.publish.dbt_process",
        "--no-use-colors", "--no-send-anonymous-usage-stats",
        "--log-level-file", "info",  # at "debug" the log takes a quarter of dbt's own time
        "build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
        "--target-path", str(work), "--log-path", str(work / "logs"),
        # they test the models on made-up rows, which a night cannot change
        "--exclude-resource-type", "unit_test",
        # staging views are of no call; they are as the last full build has made them
        *(["--select", *selected, "--exclude", "path:models/staging"] if selected else []),
    ]  # fmt: skip


def _run(
    command: Sequence[str], folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs dbt to its end; it ends early if this process does, however that comes about."""
    watched, held = os.pipe()
    try:
        return subprocess.run(
            command, cwd=folder, env=env, stdin=watched, capture_output=True, encoding="utf-8",
            errors="replace", check=False,
        )  # fmt: skip
    finally:
        os.close(watched)
        os.close(held)


def summary(results: Mapping[str, Any], manifest: Mapping[str, Any]) -> BuildResult:
    """Returns what dbt did, from its `run_results.json` and `manifest.json`.

    A failed test counts against every model that it depends on.
    """
    failed: dict[str, str] = {}
    warnings: list[BuildWarning] = []
    models = tests = 0
    built, tested = set[str](), set[str]()
    for result in results["results"]:
        unique_id, status = result["unique_id"], result["status"]
        node = manifest["nodes"].get(unique_id) or manifest["unit_tests"].get(unique_id, {})
        name = node.get("name", unique_id)
        if unique_id.startswith("model."):
            if status == "success":
                models += 1
                built.add(name)
            else:
                failed.setdefault(name, result.get("message") or status)
        elif unique_id.startswith("operation."):
            continue  # it sets DuckDB's limits
        elif status == "warn":
            tested.add(name)
            warnings.append(finding(node, int(result.get("failures") or 0), manifest["nodes"]))
        elif status == "pass":
            tested.add(name)
            tests += 1
        elif status == "skipped":
            continue  # its model has failed, or a model before that
        else:
            reason = f"{name}: {result.get('message') or status}"
            for parent in node.get("depends_on", {}).get("nodes", ()):
                if parent.startswith("model."):
                    failed.setdefault(parent.rpartition(".")[2], reason)
    return BuildResult(failed, warnings, models, tests, frozenset(built), frozenset(tested))


def models_fingerprint() -> str:
    """Returns a hash of the models' text and of DuckDB's version, which decide what dbt makes."""
    digest = hashlib.blake2b(version("duckdb").encode(), digest_size=8)
    for file in sorted(PROJECT.rglob("*")):
        if file.suffix in (".sql", ".yml"):
            digest.update(file.read_bytes())
    return digest.hexdigest()
