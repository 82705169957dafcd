"""The moment at which objects die: temporaries, arguments, overwritten locals."""
# no-stress: gc
import sys
import weakref


class D:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe(1)
        print(f"  del {self.name} in {frame.f_code.co_name}+{frame.f_lineno - frame.f_code.co_firstlineno}")

    def method(self, *args):
        return self

    def __add__(self, other):
        return D(f"({self.name}+{getattr(other, 'name', other)})")

    def __iadd__(self, other):
        return D(f"({self.name}+={getattr(other, 'name', other)})")

    def __getitem__(self, key):
        return D(f"{self.name}[..]")

    def __setitem__(self, key, value):
        pass

    def __eq__(self, other):
        print(f"  compare {self.name}")
        return True

    def __lt__(self, other):
        return True

    def __bool__(self):
        return True

    def __iter__(self):
        return iter([D(f"{self.name}.0"), D(f"{self.name}.1")])

    def __enter__(self):
        return D(f"entered {self.name}")

    def __exit__(self, *info):
        print("  exit")

    def __call__(self, *args):
        return len(args)


def step(text):
    print(text)


def temporaries():
    step("expression statement")
    D("t1")
    step("sum")
    D("a") + D("b")
    step("chain")
    (D("a") + D("b")) + D("c")
    step("comparison")
    D("a") == D("b")
    step("chained comparison")
    D("a") < D("b") < D("c")
    step("and")
    D("a") and D("b") and step("right")
    step("if")
    if D("condition"):
        step("  in then")
    step("subscript")
    D("a")[D("key")]
    step("store subscript")
    D("a")[D("key")] = D("value")
    step("method")
    D("a").method(D("arg")).method()
    step("call object")
    D("callable")(D("arg1"), D("arg2"))
    step("call star")
    D("callable")(*[D("arg1"), D("arg2")])
    step("list")
    [D("e1"), D("e2")]
    step("tuple index")
    (D("e1"), D("e2"))[0].name
    step("dict")
    {"k": D("v1"), "l": D("v2")}
    step("unpack")
    a, b = D("u")
    step("unpacked")
    a, b = b, a
    step("swapped")
    del a
    step("deleted a")
    b = None
    step("f-string")
    len(f"{D('f').name}")
    step("attribute")
    D("x").name.upper()
    step("is")
    D("l") is D("r")
    step("not")
    not D("n")
    step("end")


def locals_(arg, default=None):
    step("overwrite")
    x = D("first")
    x = D("second")
    step("overwrite argument")
    arg = None
    step("augmented")
    x += D("operand")
    step("alias")
    y = x
    x = None
    step("alias gone")
    y = None
    step("loop variable")
    for i in [D("l1"), D("l2")]:
        step(f"  loop {i.name}")
    step("after loop")
    del i
    step("with")
    with D("manager") as m:
        step("  body")
    del m
    step("return")
    z = D("local at return")
    w = D("second local at return")
    return z.name


def callee(a, b=None, *args, **kw):
    step("  in callee")
    a = None
    step("  a dropped")
    return b


def arguments():
    step("positional")
    callee(D("p1"), D("p2"))
    step("keyword")
    callee(D("p1"), b=D("kb"), extra=D("kx"))
    step("star")
    callee(*(D("s1"), D("s2"), D("s3")))
    step("too many")
    try:
        len(D("x1"), D("x2"))
    except TypeError:
        step("  handler")
    step("unbindable")
    try:
        (lambda: 0)(D("y1"))
    except TypeError:
        step("  handler")
    step("end")


def raising():
    local = D("local of raising")
    raise ValueError("x")


def exceptions():
    try:
        raising()
    except ValueError as e:
        step("in handler")
    step("after handler")
    try:
        D("op1") + [D("in list")].nothing
    except AttributeError:
        step("in second handler")
    step("after second handler")


def closures():
    cell = D("cell")

    def inner():
        return cell

    step("inner called")
    inner().name
    cell = D("new cell")
    step("dropping inner")
    del inner
    step("end of closures")


class Container:
    def __init__(self):
        self.a = D("attribute a")
        self.b = D("attribute b")


def containers():
    c = Container()
    step("replace attribute")
    c.a = D("new a")
    step("delete attribute")
    del c.b
    step("drop container")
    c = None
    d = {1: D("dict value"), 2: D("other")}
    step("replace item")
    d[1] = None
    step("del item")
    del d[2]
    x = [D(f"i{n}") for n in range(3)]
    step("slice")
    x[1:] = []
    step("pop")
    x.pop()
    step("end")


def counts(p):
    q = p
    r = [p, p]
    print(sys.getrefcount(p) - sys.getrefcount(q), sys.getrefcount(r), sys.getrefcount(p) - 4)
    s = object()
    print(sys.getrefcount(s), sys.getrefcount(object()), sys.getrefcount([]))
    for t in [object()]:
        print(sys.getrefcount(t))
    (lambda v: print(sys.getrefcount(v)))(object())
    u = object()
    print((lambda v: sys.getrefcount(v))(u), (lambda *v: sys.getrefcount(v[0]))(u), (lambda **v: sys.getrefcount(v["k"]))(k=u))
    frame = sys._getframe()
    print(sys.getrefcount(u), len(frame.f_locals) > 3)
    del frame, u


def weak():
    d = D("weak")
    r = weakref.ref(d, lambda ref: print("  callback"))
    print(r() is d)
    d = 1
    print(r())


temporaries()
locals_(D("arg"))
arguments()
exceptions()
closures()
containers()
counts(object())
weak()
[D("in comprehension") for _ in range(2)]
step("module temporaries")
D("module level")
last = D("dies at exit")
step("end of program")
del last
