"""An uncaught exception: standard error, exit code, output that was buffered."""
import atexit
import sys


class Dies:
    def __del__(self):
        print("global finalizer")


keep = Dies()
atexit.register(print, "atexit")


def outer(depth):
    local = Dies() if depth == 0 else None
    if depth == 2:
        try:
            return {}["key"]
        except KeyError as e:
            raise RuntimeError(
                "uncaught"
            ) from e
    return outer(depth + 1)


print("before", end="")
sys.stdout.flush()
result = outer(
    0
) + 1
print("never")
