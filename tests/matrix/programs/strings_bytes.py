"""String and bytes operations that interpreters like to specialise."""
import sys
import traceback


def show(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)


def concat(n):
    s = ""
    for i in range(n):
        s += chr(97 + i % 26)
    t = s
    s += "!"
    return len(s), len(t), s[-3:], t[-1]


def concat_shared(n):
    s, kept = "", []
    for i in range(n):
        s = s + "x"
        if i % 10 == 0:
            kept.append(s)
    return [len(k) for k in kept]


def concat_cell(n):
    s = ""

    def grow():
        nonlocal s
        s += "ab"

    for _ in range(n):
        grow()
    return s


print(concat(200), concat_shared(45), concat_cell(5))


def percent(a):
    return "%s|%r|%5d|%-5d|%05.1f|%x|%c|%%" % (a, a, a, a, a, a, a)


print(percent(65), "%(k)s %(n)03d" % {"k": "v", "n": 7}, "%s" % (1,), "%s %s" % ((1, 2), [3]), "%.2s" % "abc", "%*d" % (6, 42))
for bad in (lambda: "%d" % "x", lambda: "%s %s" % 1, lambda: "%s" % (1, 2), lambda: "%(a)s" % {}, lambda: "%q" % 1, lambda: "a" + 1, lambda: 1 + "a", lambda: "a" * "b", lambda: "a" - "b", lambda: "a" < 1, lambda: "a" in 5, lambda: 5 in "a", lambda: "".join([1]), lambda: "{} {}".format(1), lambda: "{a}".format(), lambda: b"%s" % "x", lambda: "a".encode("ascii").decode("utf-7x"), lambda: "\xe9".encode("ascii"), lambda: int("12x"), lambda: ord("ab"), lambda: chr(-1)):
    show(bad)


def compare(pairs):
    return [(a == b, a < b, a is b, a in b) for a, b in pairs]


print(compare([("a", "a"), ("a", "b"), ("", "x"), ("ab", "abc"), ("\xe9", "e"), ("a\0b", "a\0c"), ("\U0001f600", "\ufffd")]))


def scan(text):
    counts = {}
    for i in range(len(text)):
        c = text[i]
        if c == " ":
            continue
        elif "a" <= c <= "m":
            key = "low"
        elif c.isdigit():
            key = int(c)
        else:
            key = c.upper()
        counts[key] = counts.get(key, 0) + 1
    return counts


print(scan("hello world 1234 zoo 112 \xe9\U0001f600"))


def reverse(s):
    out = []
    for c in s:
        out.insert(0, c)
    return "".join(out)


print(reverse("abc\xe9\u20ac"), "abc"[::-1], reverse(b"ab".decode()))
s = "The quick brown fox"
print(s.split(), s.partition(" "), s.replace("quick", "slow"), s.find("fox"), s.title(), s.swapcase(), s.center(25, "*"), s.count("o"), s.startswith(("A", "T")), s.translate({84: "t", 113: None}), s.encode()[:3], ",".join(reversed(s.split())))
print("a,b,,c".split(","), " x y ".split(), "l1\nl2\r\nl3".splitlines(), "x".join("abc"), "aXbX".rsplit("X", 1), "%s" % s[4:9], s[-3:] == "fox", "ab" * 3, 2 * "-", "=" * 0, "ab" * -1)
b = bytearray(b"hello")
b[0] = 72
b += b" world"
b[1:3] = b"E"
del b[-1]
b.append(33)
print(b, bytes(b)[1], b"abc"[0], b"abc"[0:1], list(b"ab"), b"a" in b"ab", 97 in b"ab", b"%d-%s" % (5, b"x"), bytes(3), b"ab" + bytearray(b"c"), memoryview(b"xyz")[1])
print(sys.intern("abc" + "def") is sys.intern("abcdef"), len("\U0001f600"), ascii("\xe9"), repr("it's \"q\" \n"), str(b"x", "ascii"), "\N{GREEK SMALL LETTER ALPHA}".isalpha())
