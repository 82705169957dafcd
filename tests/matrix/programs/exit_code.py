"""SystemExit through frames, finally blocks, generators and atexit."""
import atexit
import sys


def leave():
    try:
        for i in range(10):
            try:
                if i == 3:
                    sys.exit(42)
            except Exception:
                print("SystemExit is not an Exception")
            finally:
                print("finally", i)
    finally:
        print("outer finally", sys.exc_info()[0].__name__)


def gen():
    try:
        yield leave()
    finally:
        print("generator finally")


atexit.register(lambda: print("atexit", sys.exc_info()))
try:
    raise SystemExit("text")
except SystemExit as e:
    print(e.code)
list(gen())
