"""The configurations of an ablation: all parts, and then all but one."""

import re
import shlex
import subprocess
from dataclasses import dataclass

from comparing.errors import UsageError, complaint
from comparing.pythons import Python

FULL = "all"
KINDS = ("passes", "tiers", "policies")


@dataclass(frozen=True)
class Factor:
    """One part that is left out, or exchanged."""
    kind: str   # of KINDS
    name: str   # also of its configuration
    options: tuple  # of pyvm


def listed(command, what):
    """Names that `--list=WHAT` prints, in its order."""
    done = subprocess.run(command + [f"--list={what}"], capture_output=True, text=True)
    if done.returncode:
        raise UsageError(f"{shlex.join(command)} --list={what}: "
                         f"{complaint(done.stderr) or done.returncode}")
    return re.findall(r"^  (\S+)", done.stdout, re.M)


def passes(command, tiers):
    return [Factor("passes", f"-{name}", (f"--tiers={tiers}", f"--passes=-{name}"))
            for name in listed(command, "passes")]


def without_each_tier(tiers):
    names = tiers.split(",")
    if len(names) < 2:
        return []
    return [Factor("tiers", f"-{name}",
                   ("--tiers=" + ",".join(other for other in names if other != name),))
            for name in names]


def other_policies(command, tiers, wanted):
    names = listed(command, "policies")
    for text in wanted:
        if text.partition(":")[0] not in names:
            raise UsageError(f"there is no policy '{text.partition(':')[0]}'; there is "
                             + ", ".join(names))
    return [Factor("policies", re.sub(r"[^\w.+-]", "_", text),
                   (f"--tiers={tiers}", f"--policy={text}"))
            for text in wanted]


def find(command, tiers, kinds, only, policies):
    """The factors, in the order of `kinds`; `only` names passes and tiers, empty for all."""
    factors = []
    if "passes" in kinds:
        factors += passes(command, tiers)
    if "tiers" in kinds:
        factors += without_each_tier(tiers)
    known = [factor.name[1:] for factor in factors]
    for name in only:
        if name not in known:
            raise UsageError(f"--only: '{name}' is neither a pass nor a tier that can be left "
                             f"out; there is {', '.join(known) or 'none'}")
    if only:
        factors = [factor for factor in factors if factor.name[1:] in only]
    if "policies" in kinds:
        factors += other_policies(command, tiers, policies)
    if not factors:
        raise UsageError("there is nothing to leave out: one tier, and no passes or policies")
    return factors


def configurations(command, tiers, factors):
    """A Python for all parts, and one for each factor."""
    full = Python(FULL, command + [f"--tiers={tiers}"])
    return [full] + [Python(factor.name, command + list(factor.options)) for factor in factors]
