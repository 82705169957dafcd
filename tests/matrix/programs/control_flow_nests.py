"""try/finally against return, break, continue and raise, in nests."""
log = []


def returns(n):
    try:
        if n == 0:
            return "body"
        if n == 1:
            raise ValueError(n)
        if n == 2:
            raise KeyError(n)
        log.append("fell through")
    except ValueError:
        log.append("except")
        if n == 1:
            return "handler"
    else:
        log.append("else")
        return "else"
    finally:
        log.append("finally")
    return "end"


def override(n):
    try:
        if n == 0:
            return "lost"
        1 // 0
    finally:
        if n < 2:
            return "finally wins"


def loops():
    for i in range(6):
        try:
            try:
                if i == 1:
                    continue
                if i == 4:
                    break
                if i == 2:
                    raise IndexError
            finally:
                log.append(("inner", i))
        except IndexError:
            log.append("caught")
            continue
        finally:
            log.append(("outer", i))
        log.append(("end", i))
    else:
        log.append("never")
    return i


def swallow():
    for i in range(4):
        try:
            raise RuntimeError(i)
        finally:
            if i % 2:
                continue
            else:
                break
    return i


def swallow_more():
    seen = []
    while True:
        try:
            seen.append(len(seen))
            raise RuntimeError
        finally:
            if len(seen) < 3:
                continue
            break
    return seen


def nested_finally():
    try:
        try:
            try:
                return log.append("value") or "value"
            finally:
                log.append(1)
        finally:
            log.append(2)
            try:
                raise OSError
            except OSError:
                log.append("inside finally")
    finally:
        log.append(3)


def value_is_kept():
    x = 1
    try:
        return x
    finally:
        x = 2


def list_is_shared():
    x = [1]
    try:
        return x
    finally:
        x.append(2)


def loop_else(items, wanted):
    for item in items:
        if item == wanted:
            break
    else:
        return "not found"
    return "found"


def while_else(n):
    while n:
        n -= 1
        if n == 3:
            break
    else:
        return "ran out"
    return "broke"


def nested_loops(n):
    out = []
    for i in range(n):
        for j in range(n):
            if j == i:
                continue
            if i + j > n:
                break
            k = 0
            while k < 3:
                k += 1
                if k == 2:
                    continue
                out.append(i * 100 + j * 10 + k)
        else:
            out.append("else")
    return out


def return_in_with_in_loop():
    class Manager:
        def __enter__(self):
            log.append("enter")
            return self

        def __exit__(self, *info):
            log.append(("exit", info[0]))
            return info[0] is KeyError

    for i in range(3):
        with Manager() as m, Manager():
            if i == 0:
                continue
            if i == 1:
                raise KeyError
            return "returned"


def reraise_from_loop():
    for i in (1, 2, 3):
        try:
            for j in iter(int, 1):
                raise StopIteration(i)
        except StopIteration as e:
            if e.value == 3:
                return "three"


for function, args in (
    (returns, (0, 1, 2, 3)),
    (override, (0, 1, 2)),
):
    for n in args:
        log.clear()
        try:
            result = function(n)
        except Exception as error:
            result = repr(error)
        print(function.__name__, n, result, log)
for function in (loops, swallow, swallow_more, nested_finally, value_is_kept, list_is_shared, return_in_with_in_loop, reraise_from_loop):
    log.clear()
    print(function.__name__, function(), log)
print(loop_else([1, 2], 2), loop_else([], 2), while_else(3), while_else(9))
print(nested_loops(4))
while False:
    print("unreachable")
if None:
    print("unreachable")
else:
    print("constant condition")
