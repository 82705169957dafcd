"""Loops long enough for on-stack replacement, in many shapes."""


def nested(n):
    t = 0
    for i in range(n):
        for j in range(i):
            if (i ^ j) & 1:
                t += i * j
            else:
                t -= j
    return t


def while_mix(n):
    i, out = 0, []
    while True:
        i += 1
        if i > n:
            break
        if i % 3 == 0:
            continue
        try:
            if i % 100 == 1:
                raise ValueError(i)
        except ValueError as e:
            out.append(e.args[0])
        finally:
            i += 0
    return len(out), out[-1]


def sieve(n):
    flags = bytearray([1]) * (n + 1)
    flags[0:2] = b"\0\0"
    i = 2
    while i * i <= n:
        if flags[i]:
            flags[i * i :: i] = bytes(len(range(i * i, n + 1, i)))
        i += 1
    return sum(flags)


def sieve_list(n):
    flags = [True] * (n + 1)
    for i in range(2, n + 1):
        if flags[i]:
            for j in range(i * i, n + 1, i):
                flags[j] = False
    return sum(flags) - 2


def matmul(n):
    a = [[i * j % 7 for j in range(n)] for i in range(n)]
    b = [[(i + j) % 5 for j in range(n)] for i in range(n)]
    c = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            s = 0
            for k in range(n):
                s += a[i][k] * b[k][j]
            c[i][j] = s
    return sum(map(sum, c))


def mandel(w, h):
    rows = []
    for y in range(h):
        row = ""
        for x in range(w):
            c = complex(3.0 * x / w - 2, 2.0 * y / h - 1)
            zr = zi = 0.0
            for i in range(40):
                zr, zi = zr * zr - zi * zi + c.real, 2 * zr * zi + c.imag
                if zr * zr + zi * zi > 4:
                    break
            row += " .:-=+*#%@"[i // 4]
        rows.append(row)
    return "\n".join(rows)


def nbody(steps):
    bodies = [[0.0, 0.0, 0.0, 0.0, 10.0], [5.0, 0.0, 0.0, 1.4, 1.0], [0.0, 8.0, -1.1, 0.0, 0.5]]
    for _ in range(steps):
        for i, a in enumerate(bodies):
            for b in bodies[i + 1 :]:
                dx, dy = b[0] - a[0], b[1] - a[1]
                d = (dx * dx + dy * dy) ** 1.5
                f = 0.001 / d
                a[2] += dx * b[4] * f
                a[3] += dy * b[4] * f
                b[2] -= dx * a[4] * f
                b[3] -= dy * a[4] * f
        for b in bodies:
            b[0] += 0.001 * b[2]
            b[1] += 0.001 * b[3]
    return [[round(v, 9) for v in b] for b in bodies]


def fannkuch(n):
    p = list(range(n))
    best = checksum = 0
    count = [0] * n
    sign = 1
    while True:
        q = p[:]
        flips = 0
        while q[0]:
            k = q[0] + 1
            q[:k] = q[k - 1 :: -1] if k == n else q[:k][::-1]
            flips += 1
        best = max(best, flips)
        checksum += sign * flips
        i = 1
        if sign == 1:
            p[0], p[1] = p[1], p[0]
            sign = -1
        else:
            p[1], p[2] = p[2], p[1]
            sign = 1
            i = 2
            while i < n:
                if count[i] != i:
                    count[i] += 1
                    break
                count[i] = 0
                i += 1
                if i == n:
                    return checksum, best
                t = p[0]
                p[:i] = p[1 : i + 1]
                p[i] = t


def queens(n):
    def place(row, cols, d1, d2):
        if row == n:
            return 1
        found = 0
        for c in range(n):
            if not (cols >> c & 1 or d1 >> (row + c) & 1 or d2 >> (row - c + n) & 1):
                found += place(row + 1, cols | 1 << c, d1 | 1 << (row + c), d2 | 1 << (row - c + n))
        return found

    return place(0, 0, 0, 0)


def strings(n):
    words = {}
    text = ""
    for i in range(n):
        w = chr(97 + i % 26) * (i % 4 + 1)
        text += w
        words[w] = words.get(w, 0) + 1
        if len(text) > 100:
            text = text[50:].replace("a", "b").title()
    return text, sorted(words.items())[:3], len(words)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def pi_digits(n):
    q, r, t, k, m, x = 1, 0, 1, 1, 3, 3
    out = ""
    while len(out) < n:
        if 4 * q + r - t < m * t:
            out += str(m)
            q, r, m = 10 * q, 10 * (r - m * t), 10 * (3 * q + r) // t - 10 * m
        else:
            q, r, t, k, m, x = q * k, (2 * q + r) * x, t * x, k + 1, (q * (7 * k + 2) + r * x) // (t * x), x + 2
    return out


def loop_in_try(n):
    total = 0
    for i in range(n):
        try:
            total += 1 // (i % 5)
        except ZeroDivisionError:
            total += 1000
        else:
            total += 1
        finally:
            total -= 2
    return total


def generators(n):
    def squares(k):
        for i in range(k):
            yield i * i

    def evens(it):
        for v in it:
            if v % 2 == 0:
                yield v

    return sum(evens(squares(n))), sum(x for x in evens(iter(range(n))))


def empty_ranges():
    out = []
    for a, b, c in ((0, 0, 1), (5, 0, 1), (0, 5, -1), (5, 0, -2), (2**62, 2**62 + 3, 1), (-(2**65), -(2**65) + 2, 1), (2**63 - 2, 2**63 + 2, 1)):
        i = "unset"
        for i in range(a, b, c):
            pass
        out.append(i)
    return out


print(nested(200), while_mix(3000), sieve(5000), sieve_list(5000), matmul(18))
print(mandel(40, 12))
print(nbody(400))
print(fannkuch(6), queens(6), strings(2000), fib(18), pi_digits(60), loop_in_try(3000), generators(2000))
print(empty_ranges())
total = 0
for i in range(5000):
    if i % 2:
        continue
    total += i
else:
    total += 1
while total % 7:
    total -= 1
print(total, i)
