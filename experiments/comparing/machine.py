"""What the measurements were taken on."""

import os
import platform
import subprocess
from pathlib import Path


def first_value(path, key):
    try:
        for line in Path(path).read_text().splitlines():
            if line.startswith(key):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return None


def revision(root):
    """The checkout's commit, marked where files differ from it; None outside a checkout."""
    try:
        done = subprocess.run(["git", "-C", str(root), "describe", "--always", "--dirty"],
                              capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def describe(root):
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return {
        "system": platform.platform(),
        "cpu": first_value("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory": first_value("/proc/meminfo", "MemTotal"),
        "governor": governor.read_text().strip() if governor.exists() else None,
        "load_at_start": os.getloadavg(),
        "checkout": revision(root),
        "environment": {name: value for name, value in os.environ.items()
                        if name.startswith(("PYTHON", "PYVM", "PYPY"))},
    }
