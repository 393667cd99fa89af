"""The command line is kept: commands, options, defaults, exit statuses and variables stay; more may come.

What is kept stands in commands.json. A new command or option is added there when it is released.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path
from typing import Any

import click
import pytest

import nzsp_surfaces
from nzsp_surfaces.cli.main import Failure, Interrupted, app, main

KEPT: dict[str, Any] = json.loads(Path(__file__).with_name("commands.json").read_text(encoding="utf-8"))
PACKAGE = Path(nzsp_surfaces.__file__).parent


def command(name: str) -> click.Command:
    """The command of that name, as the command line takes it."""
    found = app if name == "nzsp" else app.get_command(click.Context(app), name)
    assert found is not None, f"nzsp {name} is gone"
    return found


def declared(name: str) -> dict[str, dict[str, Any]]:
    """What a command takes, by its flags or by the name that its help shows; values that mean nothing are left out."""
    context = click.Context(command(name), info_name=name)
    return {_label(parameter, context): _content(parameter, context) for parameter in command(name).params}


def _label(parameter: click.Parameter, context: click.Context) -> str:
    return (
        " ".join(parameter.opts) if isinstance(parameter, click.Option) else parameter.make_metavar(context).strip("[]")
    )


def _content(parameter: click.Parameter, context: click.Context) -> dict[str, Any]:
    option = parameter if isinstance(parameter, click.Option) else None
    default = None if option and option.count else parameter.get_default(context, call=False)
    choices = list(getattr(parameter.type, "choices", ()))
    said = {
        "metavar": parameter.make_metavar(context)
        if option and not (option.is_flag or option.count or choices)
        else "",
        "required": parameter.required,
        "flag": bool(option and option.is_flag),
        "multiple": parameter.multiple,
        "choices": choices,
        "default": "" if default is None or default is False or isinstance(default, Enum) else str(default),
        "variable": parameter.envvar or "",
    }
    return {name: value for name, value in said.items() if value}


@pytest.mark.parametrize("name", KEPT["commands"])
def test_every_option_stays_with_its_default(name: str) -> None:
    """A choice may get more values; what was required may become optional."""
    found = declared(name)
    for label, kept in KEPT["commands"][name].items():
        assert label in found, f"nzsp {name} {label} is gone"
        own = found[label]
        assert set(kept.get("choices", ())) <= set(own.get("choices", ()))
        assert own.get("required", False) <= kept.get("required", False)
        same = ("metavar", "flag", "multiple", "default", "variable")
        assert {key: own.get(key) for key in same} == {key: kept.get(key) for key in same}


@pytest.mark.parametrize("name", KEPT["commands"])
def test_help_shows_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kept option stands in the help with its default."""
    assert main([*([] if name == "nzsp" else [name]), "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for label, kept in KEPT["commands"][name].items():
        assert ", ".join(sorted(label.split(), key=len)) in text
        if kept.get("default"):
            assert kept["default"] in text


def test_no_new_argument_must_be_given() -> None:
    """A call that was whole stays whole."""
    for name, kept in KEPT["commands"].items():
        assert {label for label, own in declared(name).items() if own.get("required")} <= kept.keys()


def test_exit_statuses_stay(capsys: pytest.CaptureFixture[str]) -> None:
    """0 for what ends well, 2 for a mistake of the user, 130 for an interrupt; 1, a failed calculation, is in runs."""
    statuses = KEPT["statuses"]
    assert main(["--version"]) == statuses["well"]
    assert main(["slabs", "no such file.yaml"]) == main(["rum"]) == Failure.exit_code == statuses["mistake"]
    assert Interrupted.exit_code == statuses["interrupted"]
    assert statuses["failed"] == 1
    assert "no such file.yaml" in capsys.readouterr().err


def test_variables_stay() -> None:
    """Each is read somewhere in the package."""
    text = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    assert set(KEPT["variables"]) <= set(re.findall(r"\bNZSP_[A-Z_]*[A-Z]\b", text))
