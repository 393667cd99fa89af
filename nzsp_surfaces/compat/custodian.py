"""Custodian asks its monitors once more when a program has ended, and hides the program; made for version 2026.10."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def watch_only_while_it_runs(custodian: Any, handlers: Sequence[Any]) -> None:
    """Let handlers look at a running program, and not once more when it has ended.

    Args:
        custodian: a Custodian that has not been run.
        handlers: its further monitors.
    """
    custodian.monitors += handlers


def has_started(job: Any) -> bool:
    """Whether a VaspJob has started its program, which `terminate` can then end."""
    return hasattr(job, "_vasp_process")
