"""Library code as a program: json, re, csv, textwrap, string, difflib, argparse, configparser."""
import argparse
import configparser
import contextlib
import csv
import difflib
import io
import json
import re
import string
import sys
import textwrap

data = {"a": [1, 2.5, None, True], "b": {"c": "\u00e9\n"}, "d": [], "e": [{}] * 2}
text = json.dumps(data, indent=1, sort_keys=True)
print(text, json.loads(text) == data, json.dumps(data, cls=type("E", (json.JSONEncoder,), {})))
json.encoder.c_make_encoder, saved = None, json.encoder.c_make_encoder
print(json.dumps(data, indent=None, separators=(",", ":")))
json.encoder.c_make_encoder = saved
print(json.loads("[1, 2.0, {\"k\": \"v\"}]", parse_float=str, object_hook=lambda d: sorted(d.items())))
for bad in ("{", "[1,]", "nul", '"\\x"', '{"a" 1}'):
    try:
        json.loads(bad)
    except json.JSONDecodeError as e:
        print(e)
pattern = re.compile(r"(?P<word>\w+)\s+(?P=word)|(\d+)(?:\.(\d+))?", re.I)
for m in pattern.finditer("the The cat 12.5 and 7 bye bye"):
    print(m.span(), m.groupdict(), m.groups())
print(re.sub(r"(\w)(\w*)", lambda m: m[1].upper() + m[2], "hello big world"), re.split(r"[,;]\s*", "a, b;c"), re.fullmatch(r"(a|b)*?c", "ababc").group(1), re.escape("a.b*"))
for bad in ("(", "[a", "*a", "(?P<1>a)"):
    try:
        re.compile(bad)
    except re.error as e:
        print(e)
rows = list(csv.DictReader(io.StringIO('x,y\n1,"a,b"\n2,"q""q"\n')))
out = io.StringIO()
csv.writer(out, lineterminator="\n").writerows([[r["y"], int(r["x"]) * 2] for r in rows])
print(rows, repr(out.getvalue()))
print(textwrap.fill("the quick brown fox jumps over the lazy dog " * 2, 30, initial_indent="* "), textwrap.dedent("  a\n    b\n"), textwrap.shorten("a long sentence here", 12))
print(string.Template("$a ${b} $$").substitute(a=1, b="x"), string.capwords("hello there"))
print("\n".join(difflib.unified_diff("one\ntwo\nthree".split(), "one\n2\nthree\nfour".split(), lineterm="")), difflib.get_close_matches("appel", ["ape", "apple", "peach"]))
parser = argparse.ArgumentParser(prog="prog", description="d")
parser.add_argument("files", nargs="+")
parser.add_argument("-n", "--number", type=int, default=3, choices=range(5))
parser.add_argument("--flag", action="store_true")
sub = parser.parse_args(["a", "b", "-n", "4", "--flag"])
print(vars(sub))
print(parser.format_help())
for bad in (["a", "-n", "9"], ["a", "-n", "x"], [], ["a", "--unknown"]):
    with contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            parser.parse_args(bad)
        except SystemExit as e:
            print(e.code, err.getvalue().splitlines()[-1])
config = configparser.ConfigParser()
config.read_string("[DEFAULT]\nbase = /x\n[s]\npath = %(base)s/y\nn = 5\n")
print(config["s"]["path"], config.getint("s", "n"), config.sections())
import ast
import tokenize

tree = ast.parse("def f(a, *b, c=1):\n    return [x for x in b if x] or {**a}")
print(ast.dump(tree.body[0].args), ast.unparse(tree))
print([t.string for t in tokenize.generate_tokens(io.StringIO("a = f'{b}' + 1 # c\n").readline)])


class Visitor(ast.NodeVisitor):
    def __init__(self):
        self.names = []

    def visit_Name(self, node):
        self.names.append(node.id)
        self.generic_visit(node)


v = Visitor()
v.visit(tree)
print(v.names, ast.literal_eval("{'a': (1, -2.5, None)}"))
import pprint

pprint.pprint({"key": list(range(30)), "other": {"nested": "x" * 60, "more": ("y" * 30, "z" * 30)}})
import html.parser


class P(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        print("<", tag, attrs)

    def handle_data(self, data):
        print("data", repr(data))


P().feed("<p class=a>x &amp; y<br/></p>")
import logging

logging.basicConfig(stream=sys.stdout, format="%(levelname)s:%(name)s:%(funcName)s:%(lineno)d:%(message)s")


def logs():
    logging.getLogger("log").warning("from %s", "here")
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("log").exception("failed")


logs()
