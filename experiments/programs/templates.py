"""A text-template engine: templates become trees of nodes that render pages."""

KIND = "python"
EXPECTED = (1571880, 9600, 'r>\n</table><p>end 120</p>')

PAGES = 160
TEMPLATE = """<h1>{{ title|upper }}</h1>
<table>{% for row in rows %}
<tr class="{% if row.odd %}odd{% else %}even{% end %}">
{% for cell in row.cells %}<td>{{ cell|escape }}</td>{% end %}</tr>{% end %}
</table><p>{{ footer }} {{ rows|count }}</p>"""

FILTERS = {
    "upper": lambda value: str(value).upper(),
    "escape": lambda value: str(value).replace("&", "&amp;").replace("<", "&lt;"),
    "count": lambda value: str(len(value)),
}


def lookup(context, path):
    parts = path.split(".")
    value = context[parts[0]]
    for part in parts[1:]:
        value = value[part]
    return value


class Text:
    def __init__(self, text):
        self.text = text

    def render(self, context, out):
        out.append(self.text)


class Value:
    def __init__(self, expression):
        self.path, *self.filters = [part.strip() for part in expression.split("|")]

    def render(self, context, out):
        value = lookup(context, self.path)
        for name in self.filters:
            value = FILTERS[name](value)
        out.append(value if isinstance(value, str) else str(value))


class For:
    def __init__(self, name, path, body):
        self.name, self.path, self.body = name, path, body

    def render(self, context, out):
        for item in lookup(context, self.path):
            inner = dict(context)
            inner[self.name] = item
            for node in self.body:
                node.render(inner, out)


class If:
    def __init__(self, path, then, otherwise):
        self.path, self.then, self.otherwise = path, then, otherwise

    def render(self, context, out):
        for node in self.then if lookup(context, self.path) else self.otherwise:
            node.render(context, out)


def tokens(source):
    at = 0
    while at < len(source):
        start = source.find("{", at)
        if start < 0 or source[start + 1] not in "{%":
            yield "text", source[at:]
            return
        if start > at:
            yield "text", source[at:start]
        end = source.index("}}" if source[start + 1] == "{" else "%}", start)
        yield ("value" if source[start + 1] == "{" else "tag"), source[start + 2:end].strip()
        at = end + 2


def parse(stream):
    nodes = []
    for kind, text in stream:
        if kind == "text":
            nodes.append(Text(text))
        elif kind == "value":
            nodes.append(Value(text))
        elif text in ("end", "else"):
            return nodes, text
        elif text.startswith("for "):
            _, name, _, path = text.split()
            nodes.append(For(name, path, parse(stream)[0]))
        else:
            then, stopped = parse(stream)
            otherwise = parse(stream)[0] if stopped == "else" else []
            nodes.append(If(text.split()[1], then, otherwise))
    return nodes, "end"


def run():
    size = odd = 0
    for page in range(PAGES):
        nodes, _ = parse(tokens(TEMPLATE))
        rows = [{"odd": row & 1, "cells": [row, page, "a<b&c", row * page / 4]}
                for row in range(120)]
        out = []
        for node in nodes:
            node.render({"title": "page %d" % page, "rows": rows, "footer": "end"}, out)
        text = "".join(out)
        size += len(text)
        odd += text.count('"odd"')
    return size, odd, text[-25:]
