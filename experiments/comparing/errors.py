"""Errors that the user can act on."""


class UsageError(Exception):
    """One line that says what is wrong and what to do; the exit code is 2."""
