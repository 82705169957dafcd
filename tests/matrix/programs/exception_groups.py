"""except*: splitting, re-raising, nesting, naked exceptions, errors in handlers."""
import sys
import traceback


def group(*errors):
    return ExceptionGroup("g", list(errors))


def tree(error):
    if isinstance(error, BaseExceptionGroup):
        return [error.message, [tree(e) for e in error.exceptions]]
    return repr(error)


def handle(error):
    log = []
    try:
        raise error
    except* ValueError as e:
        log.append(("value", tree(e)))
    except* (TypeError, KeyError) as e:
        log.append(("type/key", tree(e), repr(e.__context__)))
    else:
        log.append("else")
    finally:
        log.append("finally")
        print(log)
    return "handled"


def no_error():
    try:
        pass
    except* ValueError:
        print("no")
    else:
        print("else")


def show(function, *args):
    print("==", function.__name__)
    try:
        print("->", function(*args))
    except BaseException:
        traceback.print_exc(file=sys.stdout)


show(handle, group(ValueError(1), TypeError(2)))
show(handle, group(ValueError(1), group(KeyError(2), ValueError(3))))
show(handle, ValueError("naked"))
show(handle, group(ValueError(1), OSError(2)))
show(handle, group(OSError(2)))
show(handle, OSError("naked"))
show(handle, BaseExceptionGroup("base", [KeyboardInterrupt(), TypeError()]))
show(no_error)


def raise_in_handler():
    try:
        raise group(ValueError(1), TypeError(2), OSError(3))
    except* ValueError:
        raise RuntimeError("new")
    except* TypeError as e:
        raise e
    except* KeyError:
        print("not reached")


def bare_raise():
    try:
        raise group(ValueError(1), TypeError(2))
    except* ValueError:
        raise
    except* TypeError:
        print("type")


def naked_reraise():
    try:
        raise ValueError("n")
    except* ValueError:
        raise


def two_new():
    try:
        raise group(ValueError(1), TypeError(2))
    except* ValueError:
        1 / 0
    except* TypeError as e:
        raise KeyError from e


def bad_type():
    try:
        raise group(ValueError(1))
    except* 5:
        pass


def group_type():
    try:
        raise group(ValueError(1))
    except* ExceptionGroup:
        pass


def group_type_in_tuple():
    try:
        raise ValueError(1)
    except* (TypeError, BaseExceptionGroup):
        pass


def nested():
    try:
        try:
            raise group(ValueError(1), TypeError(2), KeyError(3))
        except* ValueError:
            print("inner")
    except* TypeError as e:
        print("outer", tree(e))
    except* KeyError as e:
        print("outer", tree(e), sys.exc_info()[0].__name__)
    print(sys.exc_info())


class Custom(ExceptionGroup):
    def derive(self, exceptions):
        return Custom("derived " + self.message, exceptions)


def custom():
    try:
        raise Custom("c", [ValueError(1), TypeError(2)])
    except* TypeError as e:
        print(type(e).__name__, e.message)


def in_loop():
    seen = []
    for i in range(3):
        try:
            raise group(ValueError(i), OSError(i))
        except* ValueError as e:
            seen.append(e.exceptions[0].args[0])
        except* OSError:
            seen.append("os")
        try:
            e
        except UnboundLocalError:
            seen.append("unbound")
    return seen


for case in (raise_in_handler, bare_raise, naked_reraise, two_new, bad_type, group_type, group_type_in_tuple, nested, custom, in_loop):
    show(case)
