"""The dlt destination of a run: a load package lands in one transaction, straight from its files.

dlt's own DuckDB destination copies each file into a staging table and merges that, table by table,
each in a transaction and over a connection of its own. Here the files wait until dlt closes the
package. One transaction then merges all of them and adds the row that closes the package, so a
package is in the warehouse whole or not at all.

What tables and columns there are is still decided by dlt, which adds them before, in a transaction
of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.destination.client import JobClientBase, PreparedTableSchema, RunnableLoadJob
from dlt.common.destination.configuration import ParquetFormatConfiguration
from dlt.common.schema.utils import get_columns_names_with_prop, get_first_column_name_with_prop
from dlt.common.storages.load_package import (
    LoadPackageStateInjectableContext,
    ParsedLoadJobFileName,
)
from dlt.destinations import duckdb
from dlt.destinations.impl.duckdb.duck import DuckDbClient
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient
from pyarrow.parquet import read_metadata

from warehouse.connection import Warehouse
from warehouse.landing.merging import Merge
from warehouse.landing.sparing import sparing
from warehouse.machine.memory import OUT_OF_MEMORY


class PackageDestination(duckdb):
    """DuckDB as dlt knows it, with packages that land whole and the connections of a warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        super().__init__(str(warehouse.path))
        self._warehouse = warehouse

    @property
    def destination_type(self) -> str:
        """The name that dlt has for DuckDB, and keeps in its state."""
        return "dlt.destinations.duckdb"

    @property
    def client_class(self) -> type[DuckDbClient]:
        """The class whose objects dlt loads with."""
        return PackageClient

    def client(self, schema: Any, initial_config: Any = None) -> PackageClient:
        """Returns what dlt loads with."""
        client: PackageClient = super().client(schema, initial_config)
        client.sql_client = _SqlClient(client.sql_client, self._warehouse)
        return client

    def _raw_capabilities(self) -> Any:
        capabilities = super()._raw_capabilities()
        capabilities.preferred_loader_file_format = "parquet"
        capabilities.supported_loader_file_formats = ["parquet"]
        # a file is read once, then removed: compressing it takes longer than writing twice as much
        capabilities.parquet_format = ParquetFormatConfiguration(compression="none")
        return capabilities


class PackageClient(DuckDbClient):
    """Lands a load package when dlt closes it."""

    def should_load_data_to_staging_dataset(self, table_name: str) -> bool:  # noqa: ARG002
        """Nothing has a staging table."""
        return False

    def create_load_job(
        self,
        table: PreparedTableSchema,  # noqa: ARG002
        file_path: str,
        load_id: str,  # noqa: ARG002
        restore: bool = False,  # noqa: ARG002
    ) -> RunnableLoadJob:
        """Returns a job that leaves its file where it is."""
        return _Waiting(file_path)

    def complete_load(self, load_id: str) -> None:
        """Merges all files of a package and closes it, in one transaction."""
        merges = [self._merge_of(*files) for files in _files_by_table(load_id).items()]
        try:
            with sparing(self.sql_client.native_connection):
                self._land(merges, load_id)
        except Exception as error:
            if OUT_OF_MEMORY not in str(error):
                raise
            self._land(merges, load_id)  # with all that DuckDB may take of the machine

    def _land(self, merges: Sequence[Merge], load_id: str) -> None:
        with self.sql_client.begin_transaction():
            for merge in merges:
                self.merge(merge)
            super().complete_load(load_id)

    def merge(self, merge: Merge) -> None:
        """Replaces the rows of one table that the package has anew."""
        if merge.delete:
            self.delete_replaced(merge)
        self.sql_client.execute_sql(merge.insert)

    def delete_replaced(self, merge: Merge) -> None:
        """Removes the rows that a package brings anew, or removes."""
        self.sql_client.execute_sql(merge.delete)

    def _merge_of(self, name: str, files: list[str]) -> Merge:
        table = self.prepare_load_table(name)
        qualified = self.sql_client.make_qualified_table_name(name)
        if table["write_disposition"] != "merge":
            return Merge(qualified, files)
        unique = get_columns_names_with_prop(table, "primary_key")
        return Merge(
            qualified,
            files,
            unique or get_columns_names_with_prop(table, "merge_key"),
            is_unique=bool(unique),
            delete_marker=get_first_column_name_with_prop(table, "hard_delete"),
        )


class _Waiting(RunnableLoadJob):
    """The job of a file that is merged when the package is closed."""

    def run_managed(self, job_client: JobClientBase, done_event: BoundedSemaphore, /) -> None:  # noqa: ARG002
        """Ends at once, without a connection."""
        self._finished_at = datetime.now(UTC)
        self._state = "completed"
        with contextlib.suppress(ValueError):  # dlt has not seen yet that another one has ended
            done_event.release()

    def run(self) -> None:
        """Does nothing."""


class _SqlClient(DuckDbSqlClient):
    """dlt's SQL client with the connections of a warehouse."""

    def __init__(self, other: DuckDbSqlClient, warehouse: Warehouse) -> None:
        super().__init__(
            other.dataset_name, other.staging_dataset_name, other.credentials, other.capabilities
        )
        self._warehouse = warehouse
        self._opened = contextlib.ExitStack()

    def open_connection(self) -> Any:
        """Opens a connection to the warehouse."""
        self._conn = self._opened.enter_context(self._warehouse.writing())
        return self._conn

    def close_connection(self) -> None:
        """Closes it; what is not committed is gone."""
        self._conn = None  # type: ignore[assignment]  # as dlt does
        self._opened.close()


def _files_by_table(load_id: str) -> dict[str, list[str]]:
    """Returns the paths of the files of the package that dlt is loading, by table.

    Files without rows are left out: dlt has made their tables by now, and they replace nothing.
    """
    package = Container()[LoadPackageStateInjectableContext].storage
    folder = package.get_job_state_folder_path(load_id, "completed_jobs")
    files: dict[str, list[str]] = {}
    for path in sorted(Path(package.storage.make_full_path(folder)).glob("*.parquet")):
        if read_metadata(path).num_rows:
            name = ParsedLoadJobFileName.parse(path.name).table_name
            files.setdefault(name, []).append(str(path))
    return files
