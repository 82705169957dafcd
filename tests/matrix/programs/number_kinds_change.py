"""A sum of floats and then of ints by the same code: compiled arithmetic must not turn ints into floats."""
def loop(a, n):
    s = 0
    for i in range(n): s += a[i]
    return s
print(loop([float(i) for i in range(100)], 100))
print(loop([i for i in range(100)], 100))
