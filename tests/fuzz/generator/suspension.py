"""Generators and coroutines."""

from generator.vocabulary import SMALL


class Suspension:
    """What yields, who resumes it, by hand or in a loop."""

    def usable_generators(self):
        return [g for g in self.generators if self.affordable(g)]

    def generator_call(self, d):
        usable = self.usable_generators()
        if not usable:
            return self.comprehension("(", "i", ")", d)
        return self.call_text(self.choice(usable), d)

    def s_generator(self):
        """Steps a generator by hand."""
        if self.scope.sort == "module" or self.scope.times > 10:
            return None
        usable = self.usable_generators()
        if not usable:
            return None
        v = self.fresh("g")
        self.line(f"{v} = {self.call_text(self.choice(usable), 1)}")
        for _ in range(self.r.randint(1, 3)):
            self.line_of(
                f"{self.local('i')} = next({v}, -1)",
                f"show(next({v}, None))",
                f"for {self.local('i')} in {v}: break",
                f"show({v}.gi_frame and {v}.gi_frame.f_lineno)",
            )
        self.line_of(f"{v}.close()", f"del {v}", f"show(list({v}))", f"{v} = None", "pass")
        return "ok"

    def s_yield(self):
        if self.scope.sort != "generator" or self.scope.result is None:
            return None
        c = self.r.randrange(10)
        if c < 6:
            self.line(f"yield {self.e(self.choice('iiif'), 2)}")
        elif c < 8:
            text = self.e("i", 1)
            self.line(f"{self.local('a')} = yield {text}")
        elif c < 9:
            self.line(f"{self.local('a')} = yield from {self.generator_call(1)}")
        else:
            text = self.e("i", 1)
            self.line(f"{self.local('i')} = ((yield {text}) or 0) + 1")
        return "ok"

    def make_coroutine(self):
        """A coroutine that awaits another, driven by send()."""
        n = self.fresh("")
        self.lines_of(
            f"""
            class Wait{n}:
                def __init__(self, a): self.a = a
                def __await__(self):
                    got = yield self.a
                    return got or self.a
            async def source{n}(x0):
                for i0 in range({self.r.randint(1, 4)}):
                    yield i0 + x0
                    if x0 == 5: await Wait{n}(x0)
            async def inner{n}(x0, x1):
                i0 = await Wait{n}(x0)
                if i0 == {self.choice(SMALL)}: raise E0(i0)
                return i0 {self.choice('+-*')} x1
            async def outer{n}(x0, x1):
                i1 = 0
                try:
                    i1 += await inner{n}(x0, x1)
                    async for i2 in source{n}(x0): i1 += i2
                except E0 as x: exc(x)
                return [i1, await Wait{n}(i1), [i3 async for i3 in source{n}(x1)]]
            for n in range({self.r.randint(10, 20)}):
                c = outer{n}(n % 8, {self.one_of('2', '1.5', 'n', '2**60')} if n < {self.r.randint(8, 14)} else {self.constant('a')})
                sent = None
                try:
                    while True:
                        sent = c.send({self.one_of('None', 'sent', 'n')} if sent is not None else None)
                        if n == {self.r.randint(8, 13)}: c.throw(E0('t'))
                except Exception as x: exc(x)
                c.close()
            """
        )

    def drive_generator(self, g):
        self.line(f"for n in range({self.r.randint(8, 25)}):")
        stable = ", ".join(g.stable or [self.argument(k, True) for k in g.kinds])
        with self.indented():
            self.line(f"gen = {g.name}({stable})")
            with self.indented("try:"):
                steps = self.r.randint(1, 4)
                self.line("show(next(gen))")
                for _ in range(steps):
                    self.line_of(
                        "show(gen.send(n))",
                        "show(next(gen))",
                        f"show(gen.send({self.constant('a')}))",
                        "show([v for v in gen])",
                        "for v in gen: show(v); break",
                        f"if n > {self.r.randint(3, 14)}: show(gen.throw(E0(n)))",
                        f"if n == {self.r.randint(3, 14)}: gen.close()",
                        f"if n == {self.r.randint(3, 14)}: gen = None",
                        "show(gen.gi_frame and [v for k, v in sorted(gen.gi_frame.f_locals.items()) if type(v) in (int, float, str)])",
                        "show(gen.gi_running, gen.gi_frame and gen.gi_frame.f_lineno)",
                    )
            self.line("except StopIteration as x: show('stop', x.value)")
            self.line("except Exception as x: exc(x)")
        self.line("gen = None")
