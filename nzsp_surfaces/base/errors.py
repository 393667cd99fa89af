"""Errors that a user can mend."""

from __future__ import annotations


class UserError(Exception):
    """One line that says what is wrong, where, and how to mend it.

    The command line prints it on stderr and ends with exit status 2; a traceback appears with ``--debug`` only.
    """


class Incomparable(UserError):
    """Two calculations whose energies must not be subtracted: other settings, other engine, or not converged."""


class Unfinished(UserError):
    """A run that broke off, or an energy that is not converged: no result."""


class OutOfTime(UserError):
    """The job's wall time is over; what was computed lies in files, and the next job goes on there."""


class Damaged(UserError):
    """What is empty, torn, garbled, edited or of another kind: a file, or a document of the database."""


class OffStoichiometry(UserError):
    """A slab that is no multiple of the bulk formula unit (plus film units)."""


class Asymmetric(UserError):
    """A slab whose two faces differ has a cleavage energy, never one surface energy."""
