# Reads of locals and constants are operands, not instructions: they borrow.
# RUN: bytecode f


def f(a, b):
    return (a + b) * (a - 1) + a


f(1, 2)
