"""Finds benchmark programs and reads what they say about themselves, without running them."""

import ast
import difflib
import fnmatch
from dataclasses import dataclass
from pathlib import Path

from comparing.errors import UsageError

KINDS = ("python", "library", "numpy-small", "numpy-large")
FOLDER = Path(__file__).resolve().parent.parent / "programs"


@dataclass(frozen=True)
class Program:
    name: str
    path: Path
    kind: str
    description: str

    @property
    def needs(self):
        """Modules without which the program is reported as n/a rather than as failed."""
        return ("numpy",) if self.kind.startswith("numpy") else ()


def read(path):
    """The Program in a file. Raises UsageError where the file breaks the protocol."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise UsageError(f"{path}: cannot be read as a program: {error}") from None
    constants, functions = {}, set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = node.value
        elif isinstance(node, ast.FunctionDef):
            functions.add(node.name)
    kind = getattr(constants.get("KIND"), "value", None)
    if kind not in KINDS:
        raise UsageError(f"{path}: KIND must be one of {', '.join(KINDS)}")
    if "EXPECTED" not in constants or "run" not in functions:
        raise UsageError(f"{path}: a program defines EXPECTED and run()")
    docstring = ast.get_docstring(tree)
    if not docstring:
        raise UsageError(f"{path}: the docstring's first line describes the program")
    return Program(path.stem, path, kind, docstring.splitlines()[0])


def find(folder=FOLDER):
    """All programs of a folder, by name."""
    files = sorted(Path(folder).glob("*.py"))
    if not files:
        raise UsageError(f"{folder}: no programs there")
    return [read(path) for path in files]


def select(programs, patterns):
    """The programs that match any of the shell patterns; all of them without patterns."""
    if not patterns:
        return programs
    names = [program.name for program in programs]
    wanted = set()
    for pattern in patterns:
        matches = fnmatch.filter(names, pattern)
        if not matches:
            near = difflib.get_close_matches(pattern, names, 1, 0.4)
            hint = f"did you mean '{near[0]}'?" if near else "--list shows them all"
            raise UsageError(f"no program matches '{pattern}'; {hint}")
        wanted.update(matches)
    return [program for program in programs if program.name in wanted]
