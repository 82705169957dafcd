"""Loops over enumerate, zip and items that take pairs apart, and what ends them."""


class Noisy:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        self.n -= 1
        if self.n < 0:
            raise StopIteration
        if self.n == 3 and self.n in raising:
            raise ValueError("at 3")
        return self.n


raising = set()


def counted(items, start):
    total = 0
    for i, x in enumerate(items, start):
        if x == 7:
            continue
        if i > 90:
            break
        total += i * x
    else:
        return total, "else"
    return total


def zipped(a, b):
    out = []
    for x, y in zip(a, b):
        out.append(x != y)
        try:
            if x == 5:
                raise KeyError(y)
        except KeyError as e:
            out.append(str(e))
    return len(out), sum(map(bool, out))


def items(d):
    out = 0
    for k, v in d.items():
        for i, c in enumerate(k):
            out += i * v + (c == "a")
    return out


def changes(d):
    for k, v in d.items():
        if v == 2:
            d[k + "x"] = 1
    return d


def not_pairs(rows):
    n = 0
    for a, b in rows:
        n += a - b
    return n


def keeps(items):
    kept = []
    for pair in enumerate(items):
        kept.append(pair)
    for i, (a, b) in enumerate(kept):
        kept[i] = a + b
    return kept


for n in (3, 40, 40, 200):
    print(counted(range(n), 0), counted(list(range(n)), 85), counted(Noisy(n), 1))
    print(zipped(range(n), range(1, n)), zipped(Noisy(n), "abc" * n))
    print(items({"k" * (i % 9): i for i in range(n)}), keeps(range(n))[-1])
    print(not_pairs([(i, 1) for i in range(n)]), not_pairs(zip(range(n), Noisy(n))))
raising.add(3)
for bad in (lambda: counted(Noisy(50), 0), lambda: zipped(range(99), Noisy(50)),
            lambda: changes({str(i): i for i in range(9)}), lambda: not_pairs([(1, 2), (3, 4, 5)]),
            lambda: not_pairs(enumerate([1, "x"])), lambda: not_pairs([(1, 2), 3])):
    try:
        print(bad())
    except Exception as e:
        print(type(e).__name__, e, e.__traceback__.tb_next.tb_lineno)
