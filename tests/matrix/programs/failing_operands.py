"""Operations that fail in hot code: the order in which their operands die, and what these see of the exception."""
import sys

LOG = []


class C:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        LOG.append((self.n, sys.exc_info()[0], sys._getframe(1).f_lineno - sys._getframe(1).f_code.co_firstlineno))


class Picky(C):
    def __add__(self, other):
        return NotImplemented if other.n != 3 else self

    def __hash__(self):
        raise ValueError(self.n)


def add(n):
    return C(1) + C(2)


def add_local(n):
    a = C(0)
    return a + C(1)


def inherited(n):
    return Picky(1) + Picky(2)


def less(n):
    return C(1) < C(2)


def branch(n):
    if C(1) < C(2):
        return n


def item(n):
    return [C(0), C(1)[C(2)]]


def sliced(n):
    return C(1)[C(2):C(3)]


def store_item(n):
    C(1)[C(2)] = C(3)


def store_attr(n):
    C(1).n.real = C(2)


def contains(n):
    return C(1) in C(2)


def attribute(n):
    return (C(1), C(2)).missing


def call_builtin(n):
    return len(C(1), C(2))


def call_object(n):
    return C(1)(C(2), C(3))


def call_method(n):
    return "".join(C(1), C(2))


def call_keywords(n):
    return C(1)(C(2), other=C(3))


def call_spread(n):
    return C(1)(*[C(2)], **{"a": C(3)})


def call_python(n):
    return [C(1), add(C(2)), C(3)]


def make_set(n):
    return {Picky(1), C(2), C(3)}


def make_dict(n):
    return {C(1): C(2), Picky(3): C(4)}


def make_list(n):
    return [C(1), C(2), n.missing, C(3)]


def unpack(n):
    a, b, c = [C(1), C(2)]


def raising(n):
    raise C(1) from C(2)


def loop(n):
    for i in C(1):
        return C(2)


def nested(n):
    a = C(0)
    return (C(1), [C(2), C(3) + C(4)])


FUNCTIONS = [
    add, add_local, inherited, less, branch, item, sliced, store_item, store_attr, contains, attribute, call_builtin,
    call_object, call_method, call_keywords, call_spread, call_python, make_set, make_dict, make_list, unpack, raising,
    loop, nested,
]
for function in FUNCTIONS:
    seen = {}
    for i in range(1700):
        try:
            function(i)
        except Exception as error:
            text = type(error).__name__
        entry = (text, tuple(LOG))
        LOG.clear()
        seen[entry] = seen.get(entry, 0) + 1
    for entry, count in seen.items():
        print(function.__name__, count, entry)
