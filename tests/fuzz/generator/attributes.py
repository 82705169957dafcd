"""Objects of generated classes: attributes and methods."""

from generator.vocabulary import ATTRS, METHODS


class Attributes:
    """Expressions of kind o, and of what hangs on them."""

    def e_o(self, d):
        c = self.r.randrange(10)
        if self.classes and c < 2:
            arguments = [self.e(self.choice("iif"), d) for _ in range(self.choice((1, 1, 2, 0)))]
            if arguments and self.p(0.1):
                arguments[-1] = "b=" + arguments[-1]
            return f"{self.choice(self.classes)[0]}({', '.join(arguments)})"
        if c < 4:
            return f"({self.e('o', d)} {self.choice('+-*')} {self.e(self.choice('oin'), d)})"
        if c < 5:
            return f"({self.e('n', d)} {self.choice('+-*')} {self.e('o', d)})"
        if c < 6 and self.p(0.3):
            return f"(-{self.e('o', d)})"
        return self.leaf("o")

    def attribute(self, d):
        target = self.e("o", min(d, 1))
        c = self.r.randrange(10)
        if c < 6:
            return f"{target}.{self.choice(ATTRS)}"
        if c < 7:
            return f"{target}.p"
        if c < 8:
            return f"getattr({target}, {self.choice(ATTRS)!r}, {self.leaf('i')})"
        return self.method(target, d)

    def method(self, target, d):
        if self.scope.cost + 40 * self.scope.times > self.scope.cap:
            return f"{target}.{self.choice(ATTRS)}"
        self.scope.cost += 40 * self.scope.times
        name = self.choice(METHODS)
        arguments = [self.e(self.choice("iiif"), d) for _ in range(self.choice((1, 1, 1, 1, 0, 2)))]
        if arguments and self.p(0.08):
            arguments[-1] = "x=" + arguments[-1]
        if self.p(0.06):
            return f"{self.choice(self.classes)[0] if self.classes else 'MyInt'}.{name}({', '.join([target] + arguments)})"
        return f"{target}.{name}({', '.join(arguments)})"

    def s_attribute(self):
        target = self.leaf("o")
        attr = self.choice(ATTRS + ATTRS + ("p", "zz"))
        c = self.r.randrange(10)
        if c < 5:
            text = self.e(self.choice("iiif"), 2)
            self.line(f"{target}.{attr} = cl({text})" if self.p(0.5) else f"{target}.{attr} = {text} % 65521")
        elif c < 8:
            self.line(f"{target}.{attr} {self.choice(('+=', '-=', '+='))} {self.e(self.choice('iif'), 1)}")
            if self.p(0.7):
                self.line(f"{target}.{attr} %= 1000003")
        elif c < 9:
            self.line(f"setattr({target}, {attr!r}, {self.e('i', 1)})")
        else:
            self.line(f"del {target}.{attr}")
        return "ok"
