# A comparison and the branch behind it are one instruction.
# RUN: bytecode f g


def f(a, b):
    if a < b:
        return 1
    if a == 0 or a is not b:
        return 2
    while a not in b:
        a += 1
    return a if b is None else b


def g(a, b):
    less = a < b
    return 0 < a <= b, not less


f(1, 2)
g(1, 2)
