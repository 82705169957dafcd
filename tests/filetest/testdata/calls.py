# Arguments are listed behind the call, each where it is; keywords by name.
# RUN: bytecode f g h


def f(a, b):
    return abs(a), pow(a, b + 1, mod=7), max(a, b, 3, key=None)


def g(a, *args, **kwargs):
    return print(*args, sep="", end="", **kwargs), print(a, *args, end="")


def h(a):
    return max(min(a, 1), max(2, a)) if a else (max if a else min)(a, 1)


f(1, 2)
g("")
h(1)
