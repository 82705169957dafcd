"""The JSON file with the raw numbers, and where results go."""

import json
import os
import time
from pathlib import Path

from comparing.errors import UsageError

FORMAT = 1
FOLDER = Path(__file__).resolve().parent.parent / "results"


def prepare(folder):
    """Makes the output folder, and finds out now rather than after an hour if it is writable."""
    folder = Path(folder) if folder else FOLDER / time.strftime("%Y-%m-%dT%H.%M.%S")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise UsageError(f"cannot write results to {folder}: {error.strerror}") from None
    return folder


def save(raw, path):
    """Writes the whole file or leaves the old one."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(raw, indent=1) + "\n")
    os.replace(partial, path)


def load(path):
    try:
        raw = json.loads(Path(path).read_text())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"{path} is not a JSON file") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise UsageError(f"{path} is not a results file of format {FORMAT}")
    return raw
