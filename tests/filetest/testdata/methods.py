# A method call makes no bound method: function and receiver, or null and a callable.
# RUN: bytecode f C.m


def f(a, b):
    a.append(b)
    return a.copy().count(b)


class C:
    def m(self, x=1):
        self.x = x
        self.x += 1
        return self if x else self.m(x=2)


f([], 1)
C().m()
