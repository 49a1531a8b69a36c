"""The unit ring starts no process, opens no connection and never sleeps; a test that does fails."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from typing import Any, NoReturn

import pytest


def _refuse(what: str) -> Any:
    def refused(*_args: object, **_options: object) -> NoReturn:
        raise AssertionError(
            f"a unit test {what}: inject the clock or the transport, "
            "or move the test to tests/integration"
        )

    return refused


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", _refuse("sleeps"))
    monkeypatch.setattr(subprocess, "Popen", _refuse("starts a process"))
    monkeypatch.setattr(os, "fork", _refuse("starts a process"))
    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, _refuse("opens a connection"))
    # no power fails within a test, and some thousand waits for the disk would take seconds
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
