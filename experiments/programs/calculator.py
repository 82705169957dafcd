"""Arithmetic expressions read character by character by recursive descent."""

KIND = "python"
EXPECTED = 4397306534

EXPRESSIONS = 5000


class Parser:
    def __init__(self, text):
        self.text = text + "\0"
        self.position = 0

    def peek(self):
        while self.text[self.position] == " ":
            self.position += 1
        return self.text[self.position]

    def accept(self, sign):
        if self.peek() == sign:
            self.position += 1
            return True
        return False

    def expression(self):
        value = self.term()
        while True:
            if self.accept("+"):
                value += self.term()
            elif self.accept("-"):
                value -= self.term()
            else:
                return value

    def term(self):
        value = self.factor()
        while True:
            if self.accept("*"):
                value = value * self.factor() % 1000003
            elif self.accept("%"):
                value %= self.factor() or 1
            else:
                return value

    def factor(self):
        if self.accept("("):
            value = self.expression()
            if not self.accept(")"):
                raise SyntaxError("')' expected at %d" % self.position)
            return value
        if self.accept("-"):
            return -self.factor()
        self.peek()
        start = self.position
        while self.text[self.position].isdigit():
            self.position += 1
        return int(self.text[start:self.position])


def run():
    total = 0
    for index in range(EXPRESSIONS):
        text = "(%d + 3 * (%d - 17)) %% 101 * -(8 + %d) - (44*%d + (2 + (7 - 3) * 5)) + 12 %% 5" % (
            index, index * 3, index % 13, index + 1)
        total += Parser(text).expression()
    return total
