# A local that changes between its read and its use is copied first; others are not.
# RUN: bytecode f g


def f(x, y):
    return x + (x := 5) + y


def g(x):
    return x, (x := 5), x


f(1, 2)
g(1)
