"""Loops that unpack what enumerate, zip and items yield, dicts that are written to, tuples and lists that die young."""
import gc


def attempt(call, *args):
    out = []
    try:
        call(out, *args)
    except Exception as error:
        out.append(f"{type(error).__name__}: {error}")
    return out


class Failing:
    def __init__(self, left):
        self.left = left

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if self.left < 0:
            raise ZeroDivisionError("end")
        return self.left


def pairs(out, iterable):
    for a, b in iterable:
        out.append((a, b))
    out.append("end")


def counted(out, iterable, start):
    for i, x in enumerate(iterable, start):
        out.append((i, x))


def zipped(out, one, two, strict):
    for a, b in zip(one, two, strict=strict):
        out.append((a, b))


def growing(out, d):
    for key, value in d.items():
        out.append((key, value))
        d[str(key) * 9] = value


def changing(out, d):
    for key, value in d.items():
        out.append((key, value))
        d[key] = [value]
    out.append(sorted(map(str, d)))


def swapping(out, d):
    for key, value in d.items():
        out.append((key, value))
        del d[key]
        d[str(key) * 2] = value


class Named:
    def __init__(self):
        self.x = 1
        self.y = 2


class Loud:
    def __init__(self, name, out):
        self.name, self.out = name, out

    def __del__(self):
        self.out.append("del " + self.name)


def lifetimes(out):
    for i, x in enumerate([Loud("a", out), Loud("b", out)]):
        out.append(i)
    x = None
    for p, q in zip([Loud("c", out)], [Loud("d", out)]):
        out.append("in")
    out.append("out")


def stores(out):
    d = {}
    out.append(gc.is_tracked(d))
    for i in range(6):
        d[i % 2] = i
        d["s"] = str(i)
        d[True] = i
    out.append((d, gc.is_tracked(d)))
    for i in range(3):
        d["s"] = [i]
    out.append((d, gc.is_tracked(d)))
    d["self"] = d
    for i in range(3):
        d["s"] = Loud(f"value {i}", out)
    d.clear()
    out.append(len(d))


def young(n):
    total = 0
    for i in range(n):
        one = (i,)
        two = (i, one)
        three = [one, two, [i]]
        total += len(three) + two[1][0]
    return total, one, two, three


for _ in range(3):
    print(attempt(pairs, enumerate("ab")), attempt(pairs, {1: 2, "a": 3}.items()))
    print(attempt(pairs, zip((1, 2), [3, 4])), attempt(pairs, [(1, 2), (3, 4, 5)]))
    print(attempt(pairs, zip([1])), attempt(pairs, Named().__dict__.items()))
    print(attempt(counted, [5, 6], 10), attempt(counted, Failing(2), 0))
    print(attempt(counted, "ab", 2**63 - 2), attempt(counted, "abc", 2**63 - 1), attempt(counted, "a", -1))
    for strict in (False, True):
        print(attempt(zipped, [1, 2, 3], (4, 5), strict), attempt(zipped, [1], Failing(3), strict))
        print(attempt(zipped, Failing(1), [1, 2], strict), attempt(zipped, {7: 8}, [9], strict))
    print(attempt(growing, {1: 2, 3: 4}), attempt(changing, {1: 2, "k": 4}), attempt(swapping, {1: 2, 3: 4}))
    print(attempt(lifetimes))
    print(attempt(stores))
    print(young(50))


deep = None
for i in range(20000):
    deep = (deep, [deep]) if i % 2 else [deep]
deep = None
print("released")
