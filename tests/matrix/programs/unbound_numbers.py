"""Locals that hold numbers and may be empty, when code is left or looked at."""


def f(n, k):
    for i in range(n):
        if i >= k:
            x = i * 1.5
            y = x + 1.0
    try:
        return x
    except UnboundLocalError:
        return "unbound"


def g(n, k):
    for i in range(n):
        if i >= k:
            x = i * 1.5
            for j in range(3):
                x = x + 1.0
    return locals().get("x", "none")


for i in range(200):
    r = f(10, 5)
    s = g(10, 5)
print(r, s)
print(f(10, 500), g(10, 500))
