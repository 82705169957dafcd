"""What the commands of experiments/ share: option parsing, exit codes, errors in one line."""

import argparse
import sys

from comparing.errors import UsageError


def positive(kind):
    def convert(text):
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < 1e9:
            raise argparse.ArgumentTypeError(f"'{text}' is not a positive number")
        return value
    return convert


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(f"{message}; --help explains the options")


def exit_code(raw, good, options):
    """Of a measurement, or of a report on an earlier one; `good`: no program failed."""
    if not raw["complete"] and not options.report:
        return 130
    return 0 if good else 1


def guarded(name, run, argv):
    """run(argv), whose errors become exit codes; `name` stands before their one line."""
    try:
        return run(argv)
    except UsageError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
