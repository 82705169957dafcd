"""Errors that the user can act on."""


class UsageError(Exception):
    """One line that says what is wrong and what to do; the exit code is 2."""


def complaint(stderr):
    """The line that tells most: the last one of a traceback, the first one of anything else."""
    lines = stderr.strip().splitlines()
    if not lines:
        return ""
    return lines[-1 if any(line.startswith("Traceback") for line in lines) else 0]
