"""Exceptions in warm code: raised, caught, crossed by loops, inlined callees."""
import sys
import traceback


class Custom(Exception):
    def __init__(self, n):
        super().__init__(n)
        self.n = n


def callee(i):
    if i % 10 == 3:
        raise Custom(i)
    return i


def catch(n):
    total = caught = 0
    for i in range(n):
        try:
            total += callee(i)
        except Custom as e:
            caught += e.n
    return total, caught


def outside(n):
    total = 0
    try:
        for i in range(n):
            total += callee(i)
    except Custom as e:
        return total, e.n, [(f.f_code.co_name, line) for f, line in traceback.walk_tb(e.__traceback__)][0][0]
    return total


def nested(n):
    out = [0, 0, 0]
    for i in range(n):
        try:
            try:
                callee(i)
                if i % 7 == 0:
                    raise KeyError(i)
            except Custom:
                out[0] += 1
                if i % 3 == 0:
                    raise ValueError(i)
            finally:
                out[1] += i
        except (KeyError, ValueError) as e:
            out[2] += e.args[0]
    return out


def lookups(n):
    d, misses = {i: i for i in range(0, n, 2)}, 0
    for i in range(n):
        try:
            d[i]
        except KeyError:
            misses += 1
        try:
            [][i]
        except IndexError:
            misses += 1
        try:
            None.x
        except AttributeError:
            misses += 1
        try:
            undefined
        except NameError:
            misses += 1
        try:
            int("x")
        except ValueError:
            misses += 1
    return misses


def deep(n):
    return 1 // n if n == 0 else deep(n - 1) + 0


def deep_catch(k):
    lengths = []
    for _ in range(k):
        try:
            deep(20)
        except ZeroDivisionError as e:
            lengths.append(len(traceback.extract_tb(e.__traceback__)))
    return set(lengths)


def context_chain(n):
    last = None
    for i in range(n):
        try:
            try:
                raise KeyError(i)
            except KeyError:
                raise ValueError(i)
        except ValueError as e:
            last = e
    return repr(last.__context__), last.__context__.__context__, sys.exc_info()


def iterate(n):
    class It:
        def __init__(self):
            self.i = 0

        def __iter__(self):
            return self

        def __next__(self):
            self.i += 1
            if self.i > n:
                raise StopIteration
            return self.i

    return sum(It()), sum(x for x in It()), max(It())


def generator(n):
    def g():
        for i in range(n):
            try:
                yield i
            except ValueError:
                yield "thrown"

    it = g()
    out = []
    for i in range(n):
        v = next(it, None)
        if v is None:
            break
        out.append(v)
        if i % 50 == 10:
            out.append(it.throw(ValueError()))
    return len(out), out.count("thrown")


print(catch(2000), outside(2000), nested(2000), lookups(500), deep_catch(50), context_chain(300), iterate(300), generator(500))


def raise_late(n):
    x = 0
    for i in range(n):
        x += i
        if i == n - 1:
            x = x + [i]
    return x


try:
    raise_late(3000)
except TypeError:
    traceback.print_exc(file=sys.stdout)


def locals_in_traceback(n):
    a, b = 1, 2.5
    for i in range(n):
        a += 1
        b *= 1.0
        if i == n - 1:
            {}[a]


try:
    locals_in_traceback(2000)
except KeyError as e:
    f = e.__traceback__.tb_next.tb_frame
    print(f.f_locals, f.f_lineno - f.f_code.co_firstlineno)
