"""Machine code that is replaced while callers wait in it, in C and in Python, and then call on."""


def leaf(i):
    total = 0
    for k in range(3):
        total += k * i
    return total


def middle(i):
    return leaf(i) + leaf(i + 1)


def gen(n):
    for i in range(n):
        yield leaf(i) + middle(i)


def outer(depth, n):
    total = 0
    for i in range(n):
        if depth:
            # Below C code the same function runs again, and its code may go.
            total += max([1, 2], key=lambda k: outer(depth - 1, n - k))
            total += sum(map(lambda k: outer(depth - 1, 1) + k, (i, i + 1)))
        # The frame goes on in code that may be old, and makes calls from it.
        total += middle(i) + leaf(total % 7)
        for x in gen(2):
            total += x
    return total


class Changing:
    """Each instance has a type of its own, so that sites keep changing."""

    def __init__(self, i):
        self.value = i

    def get(self):
        return self.value + leaf(self.value)


def changing(n):
    total = 0
    for i in range(n):
        kind = type("Kind%d" % (i % 5), (Changing,), {"extra": i})
        instance = kind(i)
        total += instance.get() + instance.extra + middle(i)
        total += sorted([3, 1, 2], key=lambda k: kind(k).get())[0]
    return total


for _ in range(4):
    print(outer(2, 6), changing(60))
