# A handler finds in their slots the values that it keeps. Ranges stand below the code.
# RUN: bytecode f g


def f(a):
    try:
        b = a[0]
    except (KeyError, IndexError) as e:
        b = e
    except TypeError:
        return None
    else:
        b += 1
    finally:
        print(end="")
    return b


def g(a):
    for x in a:
        try:
            return x
        except KeyError:
            raise


f([1])
g([1])
