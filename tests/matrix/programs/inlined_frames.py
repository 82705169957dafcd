"""Frames of inlined functions, linked while what they have called still releases its locals."""
import sys


class Local:
    pass


def leaf(x):
    local = Local()
    local.frame = sys._getframe(2).f_code.co_name
    return x


def middle(x):
    return leaf(x) + leaf(x + 1)


def outer(n):
    total = 0
    for i in range(n):
        total += middle(i)
        total += middle(total & 7)
    return total


for _ in range(20):
    outer(100)
print(outer(100), sys._getframe().f_back)
