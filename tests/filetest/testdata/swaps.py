# Exchanges of locals need no stack.
# RUN: bytecode f g


def f(a, b):
    a, b = b, a
    return a, b


def g(a, b, c):
    a, b, c = c, a, b
    a[0], a[1] = a[1], a[0]
    return a


f(1, 2)
g([], 1, [1, 2])
