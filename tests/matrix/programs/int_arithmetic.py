"""Integers: digit and word boundaries, signs, division, shifts, powers, errors."""
import itertools
import traceback
import sys

EDGES = [0, 1, -1, 2, -2, 7, -7, 255, 256, 257, -5, -6]
for bits in (30, 31, 60, 61, 62, 63, 64, 65, 120):
    EDGES += [2**bits - 1, 2**bits, 2**bits + 1, -(2**bits) + 1, -(2**bits), -(2**bits) - 1]


def checksum(values):
    h = 0
    for v in values:
        h = (h * 1000003 ^ (v if isinstance(v, int) else hash(str(v)[:0] + repr(v)[:3] != ""))) % (2**61 - 1)
    return h


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def bits(a, b):
    return (a & b) ^ (a | b) + (a ^ b)


def floordiv(a, b):
    return a // b


def mod(a, b):
    return a % b


def both(a, b):
    q, r = divmod(a, b)
    assert q * b + r == a and (r == 0 or (r < 0) == (b < 0))
    return q ^ r


def compare(a, b):
    return (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b) + 16 * (a > b) + 32 * (a >= b)


def unary(a, _):
    return -a ^ ~a ^ +a ^ abs(a)


for function in (add, sub, mul, bits, compare, unary):
    print(function.__name__, checksum(function(a, b) for a, b in itertools.product(EDGES, EDGES)))
for function in (floordiv, mod, both):
    print(function.__name__, checksum(function(a, b) for a, b in itertools.product(EDGES, EDGES) if b))
for a in EDGES[:40]:
    print(a + 1, a - 1, -a, a * a, a << 1, a >> 1, a & 0xFFFF, end="; ")
print()
for a, b in itertools.product((7, -7, 0), (2, -2, 3, -3, 7, -7)):
    print(a // b, a % b, divmod(a, b), end="; ")
print()


def shifts():
    out = []
    for a in (0, 1, -1, 5, -5, 2**62, -(2**62), 2**64 + 1):
        for n in (0, 1, 29, 30, 31, 59, 60, 61, 62, 63, 64, 65, 200):
            out += [a << n, a >> n]
    return checksum(out), out[-4:]


print(shifts())


def accumulate(n, start, step):
    total = start
    for _ in range(n):
        total += step
    return total


print(accumulate(100, 2**62 - 50, 1), accumulate(100, 2**63 - 50, 1), accumulate(100, -(2**63) + 50, -1), accumulate(100, 2**30 - 50, 1))


def product(n):
    p = 1
    for i in range(1, n):
        p *= i
    return p


print([product(i) for i in (5, 13, 14, 20, 21, 22, 30)])


def doubling(n):
    x = 1
    while n:
        x = x + x
        n -= 1
    return x


print([doubling(n) for n in (29, 30, 31, 61, 62, 63, 64, 65)])


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


print([collatz(n) for n in (27, 97, 871, 6171)])


def lcg(n):
    s = 12345
    for _ in range(n):
        s = (s * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
    return s


print(lcg(1000))
print(2**10, (-2) ** 3, 2**-1, 0**0, (-8) ** (1 / 3), pow(3, 100, 7), pow(3, -1, 7), 10**30 // 7, -(10**30) % 7)
print(7 / 2, -7 / 2, 2**70 / 2**68, (2**53 + 1) / 1, 1 / 3, 10**400 // 10**399)


def show(function, *args):
    try:
        print(function(*args))
    except Exception:
        traceback.print_exc(file=sys.stdout)


show(floordiv, 1, 0)
show(mod, 1, 0)
show(lambda a, b: a / b, 1, 0)
show(lambda a, b: a / b, 10**400, 1)
show(lambda a, b: a << b, 1, -1)
show(lambda a, b: a >> b, 1, -1)
show(lambda a, b: a << b, 0, 2**70)
show(lambda a, b: a >> b, -1, 2**70)
show(lambda a, b: a**b, 0, -1)
show(lambda a, b: a * b, 5, None)
show(lambda a, b: a + b, 5, "x")
show(lambda a, b: a & b, 5, 1.0)
show(lambda a: ~a, 1.5)
show(lambda a, b: a @ b, 5, 5)
show(divmod, 5, 0)
n = 5
n += 3; n -= 1; n *= 6; n //= 4; n %= 7; n <<= 10; n >>= 2; n |= 5; n ^= 2; n &= 1023; n **= 2; n /= 2
print(n)
print((lambda: 257)() == 257, True + True, True << 3, True & 1, True ^ True, ~True, -True, type(True & True), type(True & 1))
