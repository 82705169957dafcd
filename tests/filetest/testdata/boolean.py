# `and` and `or` keep the value that decides.
# RUN: bytecode f


def f(a, b):
    x = a and b or a
    if not (a and b):
        return x
    return not a


f(1, 2)
