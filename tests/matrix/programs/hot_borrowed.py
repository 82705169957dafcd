"""What is loaded and read at once: nobody may release it in between, whatever runs."""

import sys


class Node:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next
        self.items = [value, [value + 0.5, value * 2.5], (value, str(value))]

    @property
    def double(self):
        return self.value * 2


class Slotted:
    __slots__ = ("left", "right", "tag")

    def __init__(self, left, right, tag):
        self.left, self.right, self.tag = left, right, tag


class Cutter:
    """Dies, and takes away what its owner was about to be asked."""

    def __init__(self, node):
        self.node = node
        self.weight = 3

    def __del__(self):
        if self.node is not None:
            self.node.next = None
            self.node.items = None


def deep(node):
    return node.next.next.value + node.next.items[1][0] * node.items[2][0]


def texts(node):
    found = []
    if node.items[2][1] == "1":
        found.append("one")
    if node.next.items[2][1] != node.items[2][1]:
        found.append("differ")
    if node.next.next is None:
        found.append("end")
    if node.next is not node.next.next:
        found.append("on")
    if node.items:
        found.append("some")
    if not node.next.items[0]:
        found.append("zero")
    return found


def with_property(node):
    return node.value * node.double + node.next.value


def stores(node, slotted):
    slotted.left = node.next.value
    slotted.right.left = node.items[1][1] - slotted.left
    node.items[1][0] = slotted.right.left + node.next.items[0]
    node.next.items[node.items[0]] = node.items[2]
    return slotted.left, slotted.right.left, node.items, node.next.items


def negated(node):
    return -node.value + -node.items[1][0]


def indices(node, table):
    return table[node.value][node.next.value], table[-node.value][node.items[0]]


SCALE = 2
OFFSETS = [1, 2.5, "x"]


def globals_too(node):
    return node.value * SCALE + OFFSETS[0] * OFFSETS[1] + sys.maxsize % SCALE


def closure(start):
    total = start
    step = Node(2)

    def tick():
        nonlocal total
        total = total + step.value * step.items[0]
        return total

    return tick


def replaced(node, n):
    """The destination's old value dies, and cuts what was just read."""
    out = []
    for i in range(n):
        node.next = Node(i)
        node.items = [i, [1.5, 2.5], (i, "a")]
        last = Cutter(node if i == n - 1 else None)
        last = node.next.value
        out.append((last, node.next is None))
    return out


def temporary(node):
    """A temporary owner dies in the middle of an expression."""
    return node.value * Cutter(node).weight + (0 if node.items is None else 1)


def attempt(function, *args):
    try:
        return repr(function(*args))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def chain():
    return Node(1, Node(2, Node(3)))


for function in (deep, texts, with_property, negated, globals_too):
    for _ in range(150):
        result = function(chain())
    print(function.__name__, result)
    for odd in (
        Node(1),
        Node(1, Node(2)),
        Node(1.5, Node(2.5, Node(3.5))),
        Node(2**62, Node(2**62, Node(1))),
        Slotted(1, 2, 3),
        None,
    ):
        print("  ", attempt(function, odd))
    print("  ", attempt(function, chain()))

table = [[i * j for i in range(5)] for j in range(5)]
for _ in range(150):
    result = indices(chain(), table)
print("indices", result)
for odd in (Node(9, Node(1)), Node(1, Node(9)), Node(1.0, Node(2)), Node(True, Node(False)), Node(1)):
    print("  ", attempt(indices, odd, table), attempt(indices, odd, {1: table, -1: "abcde"}))

for _ in range(150):
    result = stores(chain(), Slotted(0, Slotted(0, 0, 0), 0))
print("stores", result)
print("  ", attempt(stores, chain(), Slotted(0, None, 0)))
print("  ", attempt(stores, Node(5, Node(1)), Slotted(0, Slotted(0, 0, 0), 0)))
print("  ", attempt(stores, chain(), Node(0, Node(1))))

tick = closure(1)
for _ in range(150):
    tick()
print("closure", tick())

print("replaced", replaced(Node(0), 150)[-2:])
for _ in range(150):
    result = temporary(chain())
print("temporary", result)


# References are neither lost nor kept.
def counts():
    node = chain()
    value, items = object(), [1.5, 2.5]
    node.next.value = 12345.25
    node.items[1] = items
    before = [sys.getrefcount(o) for o in (node, node.next, items, node.next.value)]
    for _ in range(50):
        deep(node), texts(node), attempt(negated, node), attempt(indices, node, table)
        node.next.next.value = value
        attempt(deep, node)
        node.next.next.value = 3
    return before == [sys.getrefcount(o) for o in (node, node.next, items, node.next.value)]


print(counts())
