"""How much is tried: a little with every `make test`, NZSP_FAULTS times as much with `make faults` and `make fuzz`."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from support.confined import confined

TIMES = int(os.environ.get("NZSP_FAULTS", "1"))

NASTY = (
    "", " ", "\n", "\t", "\0", "\ufeff", "null", "~", "NaN", "1e999", "-1", "0", "99999999999999999999", "[", "]",
    "{", "}", ":", "- ", "&a *a", "*a", "<<: *a", "!!python/object/apply:os.system ['touch fuzzed']", "!!binary x",
    "../../x", "/dev/null", "%s%n", "{0.__class__}", "<script>alert(1)</script>", "é", "\u202e", "'", '"', "\\", "#",
    "yes", "0x10", "1:30",
)  # fmt: skip
"""Texts that have broken readers before."""
HANG = 60.0
"""s after which an input counts as one that hangs; most take milliseconds."""
INPUTS: Counter[str] = Counter()
"""How many inputs came to an end as they should, by the test that tried them."""


def tried(examples: int) -> Callable[[Any], Any]:
    """Decorate a test of hypothesis with how many examples it tries; the same ones every time.

    Each example is counted once it has ended: in time, and without a write outside of its temporary folder.
    """
    too_slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    several = settings(
        max_examples=examples * TIMES, deadline=None, derandomize=TIMES == 1, suppress_health_check=too_slow
    )

    def decorated(test: Any) -> Any:
        test.hypothesis.inner_test = _counted(test.hypothesis.inner_test)
        return several(test)

    return decorated


def _counted(inner: Callable[..., None]) -> Callable[..., None]:
    @wraps(inner)
    def carried_out(*arguments: Any, **values: Any) -> None:
        with confined(), _in_time():
            inner(*arguments, **values)
        INPUTS[inner.__name__] += 1

    return carried_out


@contextmanager
def _in_time() -> Iterator[None]:
    """A block that ends, or is ended.

    Raises:
        TimeoutError: it hangs.
    """

    def end(*_: object) -> None:
        raise TimeoutError(f"no end after {HANG} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A text with some of its pieces left out, doubled, swapped or replaced by something nasty."""
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 12)))
        new = draw(st.sampled_from(NASTY) | st.just(text[begin:end] * 2) | st.text(max_size=6))
        text = text[:begin] + new + text[end:]
    return text


@st.composite
def garbled(draw: st.DrawFn, content: bytes) -> bytes:
    """The bytes of a binary file, some of them others, or cut off."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        begin, new = draw(st.integers(0, len(content) - 1)), draw(st.binary(min_size=1, max_size=8))
        changed[begin : begin + len(new)] = new
    return bytes(changed[: draw(st.just(len(changed)) | st.integers(0, len(changed)))])
