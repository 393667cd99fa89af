"""How much is tried: a little with every `make test`, NZSP_FAULTS times as much with `make faults`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TIMES = int(os.environ.get("NZSP_FAULTS", "1"))

NASTY = (
    "", " ", "\n", "\t", "\0", "\ufeff", "null", "~", "NaN", "1e999", "-1", "0", "99999999999999999999", "[", "]",
    "{", "}", ":", "- ", "&a *a", "*a", "<<: *a", "!!python/object/apply:os.system ['touch fuzzed']", "!!binary x",
    "../../x", "/dev/null", "%s%n", "{0.__class__}", "<script>alert(1)</script>", "é", "\u202e", "'", '"', "\\", "#",
    "yes", "0x10", "1:30",
)  # fmt: skip
"""Texts that have broken readers before."""


def tried(examples: int) -> Callable[[Any], Any]:
    """Decorate a test of hypothesis with how many examples it tries; the same ones every time."""
    too_slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(
        max_examples=examples * TIMES, deadline=None, derandomize=TIMES == 1, suppress_health_check=too_slow
    )


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A text with some of its pieces left out, doubled, swapped or replaced by something nasty."""
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 12)))
        new = draw(st.sampled_from(NASTY) | st.just(text[begin:end] * 2) | st.text(max_size=6))
        text = text[:begin] + new + text[end:]
    return text
