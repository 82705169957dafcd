"""Context, cause, sys.exc_info, re-raising, tracebacks that grow."""
import sys
import traceback


def show():
    traceback.print_exc(file=sys.stdout)
    print("-" * 20)


def info():
    kind, value, tb = sys.exc_info()
    return kind and kind.__name__, value and value.args


def inner(n):
    if n == 0:
        raise ValueError("deepest")
    inner(n - 1)


def context():
    try:
        inner(2)
    except ValueError:
        {}["missing"]


def cause():
    try:
        inner(0)
    except ValueError as e:
        raise TypeError("caused") from e


def suppressed():
    try:
        inner(0)
    except ValueError:
        raise TypeError("alone") from None


def bad_cause():
    raise ValueError from 5


def cause_class():
    raise ValueError from KeyError


def reraise():
    try:
        inner(0)
    except ValueError:
        try:
            1 / 0
        except ZeroDivisionError:
            print(info())
        print(info())
        raise


def bare():
    raise


def not_exception():
    raise 42


def bad_class():
    class Bad(Exception):
        def __new__(cls):
            return 5

    raise Bad


def failing_init():
    class Failing(Exception):
        def __init__(self):
            raise KeyError("in constructor")

    raise Failing


def bad_match():
    try:
        1 / 0
    except 5:
        pass


def bad_match_tuple():
    try:
        1 / 0
    except (KeyError, "str"):
        pass


def computed_match():
    def kinds():
        print("computing", info())
        return (KeyError, ZeroDivisionError)

    try:
        1 / 0
    except kinds() as e:
        print(type(e).__name__, info())
    print(info())
    try:
        e
    except UnboundLocalError as error:
        print(error)


def in_finally():
    try:
        inner(0)
    finally:
        print(info())
        raise OSError("from finally")


for function in (context, cause, suppressed, bad_cause, cause_class, reraise, bare, not_exception, bad_class, failing_init, bad_match, bad_match_tuple, computed_match, in_finally):
    print(function.__name__)
    try:
        function()
    except BaseException:
        show()

try:
    raise KeyError(1)
except KeyError as first:
    saved = first
try:
    try:
        raise IndexError(2)
    except IndexError:
        raise saved
except KeyError as e:
    print(e is saved, repr(e.__context__), e.__cause__)
    print([f.name for f in traceback.extract_tb(e.__traceback__)])


def generator():
    try:
        yield info()
    except KeyError:
        yield info()
    yield info()


try:
    raise OverflowError("outer")
except OverflowError:
    g = generator()
    print(next(g))
    print(g.throw(KeyError("thrown")))
    print(next(g), info())
print(info())


def loop_context():
    last = None
    for i in range(3):
        try:
            raise ValueError(i)
        except ValueError as e:
            print(e.__context__)
            last = e
    return last.__traceback__.tb_lineno - loop_context.__code__.co_firstlineno


print(loop_context())
e = ValueError("notes")
e.add_note("one")
e.add_note("two\nlines")
try:
    raise e
except ValueError:
    show()
print(sys.exc_info())
try:
    try:
        raise e.with_traceback(None)
    finally:
        sys.stdout.flush()
except ValueError as again:
    print(len(traceback.extract_tb(again.__traceback__)))
