"""Runs one command and ends the process with its exit code.

A foreseen error becomes one message and its exit code (`exit_codes.py`). A full or read-only disk
and a lack of memory are explained (`machine`). Any other error is a fault of the program: its
traceback goes into a file, and the message names the file.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import UnsupportedOperation
from pathlib import Path

import typer

from pipelines.cli.parameters import LogFormat
from pipelines.console import Console
from pipelines.exit_codes import DONE, FAILED, INTERRUPTED, exit_code_of
from pipelines.machine.disk import disk_fault
from pipelines.machine.memory_fault import memory_fault


def run(command: Callable[[Console], int], log_format: LogFormat = LogFormat.TEXT) -> None:
    """Runs a command and exits with the code it returns, or the code of its error."""
    raise typer.Exit(_code_of(command, Console(str(log_format))))


def _code_of(command: Callable[[Console], int], console: Console) -> int:
    from pipelines.settings import unknown_settings

    try:
        for warning in unknown_settings():
            console.warn(warning)
        result = command(console)
        sys.stdout.flush()
        return result
    except KeyboardInterrupt:
        console.error("interrupted; nothing that was landed is lost, run the same command again")
        return INTERRUPTED
    except Exception as error:
        code = exit_code_of(error)
        if code is None and isinstance(error, OSError) and (unwritten := _output_error()):
            if isinstance(unwritten, BrokenPipeError):
                # the reader has what it wanted
                return DONE
            console.error(
                f"the output cannot be written ({unwritten.strerror}) and is not complete; a "
                "command that only reads can be run again with room for it"
            )
            return FAILED
        fault = disk_fault(error, _places()) or memory_fault(error)
        if code is None:
            console.error(fault or _unexpected(error))
            return FAILED
        console.error(f"{error}\n{fault}" if fault else str(error))
        return code


def _places() -> Iterator[Path]:
    """Yields where a command writes: the warehouse first, then the home."""
    from pipelines.settings import load
    from warehouse.home import find_home
    from warehouse.target import name_target

    # settings that cannot be read have no places
    with suppress(ValueError, OSError, RuntimeError):
        settings = load()
        home = find_home(settings.home)
        yield name_target(settings.warehouse, home).path
        yield home


def _output_error() -> OSError | None:
    """Returns why standard output cannot be written, and lets the rest go nowhere; None if it can.

    Only commands that change nothing print to it before their end.
    """
    try:
        output = sys.stdout.fileno()
    except UnsupportedOperation:  # a stream without a file, as a program may set it
        return None
    try:
        # what failed to be written is forgotten, so that flushing does not fail again
        os.write(output, b"\n")
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
        return error
    return None


def _unexpected(error: Exception) -> str:
    """Writes the traceback into a file of the temporary folder and returns the message."""
    reason = str(error).partition("\n")[0][:200]
    try:
        file, name = tempfile.mkstemp(prefix="gong-elt-", suffix=".log")
        with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as log:
            traceback.print_exception(error, file=log)
    except OSError as unwritten:
        name = f"no file, as the temporary folder cannot be written ({unwritten.strerror})"
    return (
        f"unexpected {type(error).__name__}: {reason}. Nothing that has landed is lost. "
        f"The details are in {name}; please report them."
    )
