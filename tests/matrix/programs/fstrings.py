"""f-strings: conversions, nested specs, formatting protocols, errors."""
import datetime
import decimal
import sys
import traceback


class F:
    def __format__(self, spec):
        return f"<format {spec!r}>"

    def __str__(self):
        return "<str>"

    def __repr__(self):
        return "<repr \xe9>"


class BadFormat:
    def __format__(self, spec):
        return 5


class BadStr:
    def __str__(self):
        return 5

    def __repr__(self):
        raise ValueError("repr")


class SubStr(str):
    def __format__(self, spec):
        return "sub:" + str.__format__(self, spec)

    def __str__(self):
        return "str-of-sub"


x, width, prec, name = 3.14159, 10, 3, "w"
f = F()
print(f"{f}|{f!s}|{f!r}|{f!a}|{f:spec}|{f!s:>8}|{f!r:^12}|{f!a:.4}")
print(f"{x:{width}.{prec}f}|{x:>{width}}|{x!r:*^{width}}|{x:{'>'}{width}}")
print(f"{x=}|{x = :.2f}|{name=!s}|{f=}|{1 + 2=}")
print(f"{{}}{{{x:.1f}}}{'nested ' f'{name}'}{''}", f"", f"plain", f"{''}", f"{name}", f"{name}" f"{x}")
print(f"{SubStr('v')}|{SubStr('v')!s}|{SubStr('v'):>3}|{str(SubStr('v'))}")
print(f"{1:05d}|{255:#x}|{1000000:,}|{True}|{True:d}|{None}|{1e100:g}|{-0.0}|{2**100}|{1j}")
print(f"{'a':>5}|{'b':<5}|{'c':^5}|{'toolong':.3}|{b'bytes'}")
print(f"{datetime.date(2020, 2, 3):%Y/%m/%d}|{decimal.Decimal('1.10'):.1f}")
print(f"{(lambda: 'call')()}|{[i for i in range(3)]}|{ {'a': 1}['a'] }|{x if x > 3 else name}|{(y := 5)}|{y}")
print(f"{'yes' if (lambda z: z)(1) else 'no'}|{x!r}|{ x }")
print(f"""multi
{x:.0f}
line {
    name
}""")
print("%s %r %d %5.2f %% %x" % ("a", "b", 3, x, 255), "%s|%r|%5d" % ("a", "b", 3))
print(type(f"{SubStr('v')}").__name__, f"{name}" is name)
many = "".join(f"{i}," for i in range(50))
print(many)
parts = [f"{i:0{i}d}" if i else f"{i}" for i in range(6)]
print(parts)


def show(function):
    try:
        print(function())
    except Exception:
        traceback.print_exc(file=sys.stdout)


show(lambda: f"{BadFormat()}")
show(lambda: f"{BadStr()}")
show(lambda: f"{BadStr()!s}")
show(lambda: f"{BadStr()!r}")
show(lambda: f"{BadStr()!a}")
show(lambda: f"{1:{name}}")
show(lambda: f"{'s':d}")
show(lambda: f"{object.__new__(F).__class__:10}")
show(lambda: f"{[]:5}")
show(lambda: f"a{missing}b{x}")
show(lambda: f"a{x}b{missing + 1:{width}}")
show(lambda: f"{x:{missing}}")
print("{0.__class__.__name__} {0:>{1}} {k[0]}".format(x, 9, k=[1]), "{!r:>5}".format("a"))
print(f"{f'{1}'}", rf"\d{1}", f"\u00e9\N{BULLET}{1}")
