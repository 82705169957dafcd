"""Items of arrays, bytes and strs in hot code: each type code, odd indices and values, sizes that change."""
import array
def arr(a, i, v):
    try:
        x = a[i]; a[i] = v
        return x, a[i]
    except Exception as e:
        return type(e).__name__, str(e), e.__traceback__.tb_lineno
for code in 'bBhHiIlLqQfd':
    a = array.array(code, [1, 2, 3, 4])
    for r in range(60): arr(a, r % 4, r)
    print(code, a, [arr(a, i, v) for i in (0, -1, 3, -4, 4, -5, 2**70, True, 1.0) for v in (1, 300, -1, 70000, 2**40, 2**70, 1.5, '1')])
def loop(a, n):
    s = 0
    for i in range(n): s += a[i]
    return s
print(loop(array.array('d', range(100)), 100), loop(array.array('i', range(100)), 100), loop(bytes(range(100)), 100), loop(bytearray(range(100)), 100))
def put(b, n, v):
    for i in range(n): b[i] = v
b = bytearray(100); put(b, 100, 7); print(b)
for v in (256, -1, 'x'):
    try: put(b, 100, v)
    except Exception as e: print(type(e), e)
try: put(bytes(100), 100, 1)
except Exception as e: print(type(e), e)
a = array.array('d', [0.0]*100); put(a, 100, 3); print(sum(a)); put(a, 100, 2.5); print(sum(a))
try: put(a, 101, 2.5)
except Exception as e: print(type(e), e)
def shrink(a):
    t = 0
    try:
        for i in range(200):
            t += a[i]
            if i == 150: a.pop()
            if i % 50 == 49: del a[-10:]
    except IndexError as e: return t, i, str(e)
print(shrink(array.array('i', range(200))))
m = memoryview(a)
try: a.append(1.0)
except BufferError as e: print(e)
for i in range(100): a[i] = i
print(m[50], sum(a))
def chars(s):
    out = []
    for i in range(len(s)):
        c = s[i]
        if c == 'a': out.append('A')
        elif c != 'é': out.append(c)
    return ''.join(out), s[-1], s[0] is s[0]
print(chars('abcaé' * 20), chars('abc' * 40), chars('日本a' * 30), chars('\x00\x7f\x80\xff' * 30))
def at(s, i):
    try: return s[i]
    except IndexError as e: return str(e)
for r in range(80): at('abc', r % 3)
print([at('abc', i) for i in (-4, -3, -1, 2, 3, 2**65)])
