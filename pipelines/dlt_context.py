"""What dlt knows of the world during a run: the settings below, and nothing else.

dlt resolves every argument by its name: from the environment, from `.dlt` folders (of the current
folder, of the user's home), from stores of secrets. `REFRESH` there would drop tables, `DEV_MODE`
would load into a schema that nobody reads. The source used alone keeps all of it; a run does not.

Import it after `loader.set_up_process`: dlt reads some variables when it is imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.configuration.providers import CustomLoaderDocProvider
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.runtime.run_context import RunContext

SETTINGS: dict[str, dict[str, Any]] = {
    # errors are reported by the commands; a signal ends a run at once, wherever it is in dlt
    "runtime": {
        "log_level": "CRITICAL",
        "dlthub_telemetry": False,
        "intercept_signals": False,
    },
    # loaded packages would be second copies of personal data
    "load": {"delete_completed_jobs": True},
    # each stream is a generator that may wait for another; dlt must give each of them a turn
    "extract": {"max_parallel_items": 100},
    "providers": {"enable_airflow_secrets": False},
}
"""dlt's settings by section; every other one has dlt's default."""


class OwnRunContext(RunContext):
    """dlt's run context with one provider of settings and one folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._folder = str(folder)

    @property
    def run_dir(self) -> str:
        """The folder, for everything that dlt keeps."""
        return self._folder

    global_dir = local_dir = data_dir = run_dir

    def initial_providers(self) -> list[Any]:
        """Returns the provider of `SETTINGS`."""
        return [CustomLoaderDocProvider("gong-elt", lambda: SETTINGS)]


def isolate(folder: Path) -> None:
    """Makes dlt resolve its arguments from `SETTINGS` alone, for the rest of this process.

    Args:
        folder: where dlt keeps what it is given no place for.
    """
    Container()[PluggableRunContext] = PluggableRunContext(OwnRunContext(folder))
