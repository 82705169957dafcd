"""Library code as a program: decimal in Python, fractions, random, statistics, datetime."""
import _pydecimal as decimal
import bisect
import datetime
import fractions
import hashlib
import heapq
import math
import pickle
import random
import statistics
import struct

D = decimal.Decimal
with decimal.localcontext() as ctx:
    ctx.prec = 40
    print(D(1) / D(7), D(2).sqrt(), D("1.1") + D("2.2"), D("1e-10").normalize(), D("123.456").quantize(D("0.01")))
    x = y = D(1)
    for i in range(1, 30):
        y /= i
        x += y
    print(x, x.ln())
for bad in ("1 / D(0)", "D('x')", "D('sNaN') + 1", "D(10) ** D(10 ** 10)"):
    try:
        print(eval(bad))
    except decimal.DecimalException as e:
        print(type(e).__name__)
F = fractions.Fraction
print(sum(F(1, i) for i in range(1, 20)), F("3.25"), F(1, 3) ** -2, F(7, 2) // 1, F(0.1).limit_denominator(100), F(1, 2) + 0.5, F(1, 2) < 1)
random.seed(42)
print([random.randrange(100) for _ in range(5)], random.random(), random.sample(range(50), 3), random.choices("abc", [1, 5, 1], k=4), round(random.gauss(0, 1), 10))
items = list(range(10))
random.shuffle(items)
print(items, statistics.mean([1, 2, 4]), statistics.median(items), statistics.stdev([1.5, 2.5, 4]), statistics.mode("aab"))
d = datetime.datetime(2024, 2, 28, 12, 30) + datetime.timedelta(days=2, hours=13)
print(d, d.strftime("%A %j"), d.isoformat(), d - datetime.datetime(2024, 1, 1), datetime.date(2024, 2, 29).replace(year=2028), datetime.datetime.fromisoformat("2024-05-06T07:08:09+02:00").astimezone(datetime.timezone.utc))
print(hashlib.sha256(b"x" * 1000).hexdigest()[:16], struct.pack("<ihd", 1, 2, 0.5), struct.unpack(">H2s", b"\x01\x02ab"))
print(math.gcd(2**70, 6**30), math.isqrt(10**30), math.comb(50, 25), math.fsum([0.1] * 10), math.prod(range(1, 20)), math.hypot(3, 4), math.factorial(25), math.dist((0, 0), (1, 1)))


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __reduce__(self):
        return Point, (self.x, self.y)

    def __eq__(self, o):
        return (self.x, self.y) == (o.x, o.y)


class State:
    def __getstate__(self):
        return {"v": 1}

    def __setstate__(self, s):
        self.restored = s


class Slotted:
    __slots__ = ("a",)


s = Slotted()
s.a = [1, 2]
for p in range(2, 6):
    print(p, pickle.loads(pickle.dumps(Point(1, [2]), p)) == Point(1, [2]), pickle.loads(pickle.dumps(State(), p)).restored, pickle.loads(pickle.dumps(s, p)).a)
dump = pickle._dumps({"k": (Point(1, 2), [None, 1.5, 2**80])}, 4)
print(len(dump), pickle._loads(dump)["k"][0] == Point(1, 2))
try:
    pickle.dumps(lambda: 0)
except Exception as e:
    print(type(e).__name__)


def simpson(f, a, b, n):
    h = (b - a) / n
    return h / 3 * (f(a) + f(b) + 4 * sum(f(a + i * h) for i in range(1, n, 2)) + 2 * sum(f(a + i * h) for i in range(2, n, 2)))


print(round(simpson(math.sin, 0, math.pi, 100), 10), round(simpson(lambda x: x**3, 0, 2, 10), 10))


def newton(f, df, x):
    for _ in range(50):
        step = f(x) / df(x)
        x -= step
        if abs(step) < 1e-14:
            return x


print(round(newton(lambda x: x * x - 2, lambda x: 2 * x, 1.0), 12))


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def egcd(a, b):
    return (a, 1, 0) if b == 0 else (lambda g, x, y: (g, y, x - a // b * y))(*egcd(b, a % b))


def is_prime(n):
    if n < 4:
        return n > 1
    d, r = n - 1, 0
    while d % 2 == 0:
        d, r = d // 2, r + 1
    for a in (2, 3, 5, 7, 11, 13):
        if a % n == 0:
            continue
        x = pow(a, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(r - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


print(gcd(2**60 * 9, 6**20), egcd(240, 46), [n for n in range(60) if is_prime(n)], is_prime(2**61 - 1), is_prime(2**62 - 1))
merged = list(heapq.merge([1, 4], [2, 3], key=lambda v: v))
print(merged, bisect.insort(merged, 2.5), merged, sum(x * y for x, y in zip(range(100), reversed(range(100)))))
