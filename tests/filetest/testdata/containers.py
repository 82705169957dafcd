# Tuples and lists list their operands; the other displays take a window.
# RUN: bytecode f g


def f(a, b):
    return (a, 1, b), [a, b], {a, b}, {a: b, b: a}, {"x": a, "y": b}


def g(a, b):
    return [*a, b], {**a}, f"{a}-{b!r:>{a}}", a[1:b], {x: x + 1 for x in a}


f(1, 2)
try:
    g({}, 2)
except Exception:
    pass
