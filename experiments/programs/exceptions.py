"""Exceptions as control flow: raised deep, caught by type, finally and re-raise."""

KIND = "python"
EXPECTED = (448737, 80000, 16000)

ROUNDS = 80000


class Found(Exception):
    def __init__(self, where):
        super().__init__(where)
        self.where = where


class Refused(ValueError):
    pass


def search(node, target, depth):
    if node == target:
        raise Found(depth)
    if depth == 6:
        return
    search(node * 2 % 101, target, depth + 1)


def convert(text, log):
    try:
        value = int(text)
        if value < 0:
            raise Refused(text)
        return 100 // value
    except ZeroDivisionError:
        return -1
    except Refused:
        log["refused"] += 1
        raise
    finally:
        log["seen"] += 1


def run():
    log = {"seen": 0, "refused": 0}
    total = 0
    inputs = ["5", "0", "-3", "x1", "40"]
    for turn in range(ROUNDS):
        try:
            total += convert(inputs[turn % 5], log)
        except Refused as error:
            total += len(error.args[0])
        except ValueError:
            total += 3
        if turn % 4 == 0:
            try:
                search(turn % 101, (turn * 8) % 101, 0)
            except Found as found:
                total += found.where
        try:
            total += {"a": 1}["b" if turn % 3 else "a"]
        except LookupError:
            total -= 1
    return total, log["seen"], log["refused"]
