"""Strings that have no characters yet (PEP 393's legacy kind) compared, looked up and counted."""
import warnings

try:
    from _testcapi import unicode_legacy_string
except ImportError:
    unicode_legacy_string = str


def legacy(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return unicode_legacy_string(text)


def compare(text):
    found = [text() == "up", "up" == text(), text() != "down", text() == "", text() == text()]
    if text() == "up":
        found.append("jump")
    if text() != "up":
        found.append("no jump")
    if text():
        found.append("true")
    return found


def look(text, items, table, names):
    return [text() in items, text() in tuple(items), text() in table, table.get(text()), text() in names, len(text())]


for _ in range(60):
    compare(lambda: "up")
    look(lambda: "up", ["a", "up"], {"up": 1}, {"up"})
for word in ("up", "", "down", "\xe9", "\u0142"):
    print(ascii(word), compare(lambda: legacy(word)), look(lambda: legacy(word), ["a", "up"], {"up": 1}, {"up"}))
    print(ascii(word), look(lambda: legacy(word), ["", word], {"": 1, word: 2}, {"", word}))
