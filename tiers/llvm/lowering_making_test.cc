// Machine code from texts of the intermediate representation: functions, sets,
// dicts and strs that it makes, iterables that it takes apart, exceptions that
// it raises.
#include <string>

#include "gtest/gtest.h"
#include "tiers/llvm/compiled_for_test.h"

namespace pyvm::llvm_tier {
namespace {

// f(a, b), of objects, where v9 is the result of `body`, which has a in v2 and
// b in v3.
std::string WithObjects(const std::string& body) {
  return "function f(a, b), 1 temporaries\nb0:\n"
         "  v0 = TakeReg a\n  v1 = TakeReg b\n"
         "  v2: object = GuardFull v0 [@1 a=v0 b=v1]\n"
         "  v3: object = GuardFull v1 [@1 a=v2 b=v1]\n" +
         body +
         "  DecRef v2 [@8 b=v3 t0=v9]\n  DecRef v3 [@8 t0=v9]\n"
         "  Return v9\n";
}
constexpr char kState[] = " [@3 a=v2 b=v3]\n";

std::string Op(const std::string& line) {
  return WithObjects("  v9 = " + line + kState);
}
// Of an operation that changes a.
std::string Change(const std::string& line) {
  return WithObjects("  " + line + kState +
                     "  IncRef v2\n  v9 = AssumeFull v2\n");
}

// Two values, as Python source.
std::string Do(Compiled& f, const std::string& a, const std::string& b) {
  return f.Run(
      {Evaluate("v = " + a + "\n", "v"), Evaluate("v = " + b + "\n", "v")});
}

TEST(FunctionTest, Parts) {
  // a gives globals and code, b is the one default.
  std::string slot = std::to_string(offsetof(PyFunctionObject, func_code));
  Compiled f(
      "function f(a, b), 1 temporaries\nb0:\n"
      "  v0 = TakeReg a\n  v1 = TakeReg b\n"
      "  v2: object = GuardFull v0 [@1 a=v0 b=v1]\n"
      "  v3: object = GuardFull v1 [@1 a=v2 b=v1]\n"
      "  v4 = Null\n  v5 = MakeTuple v3\n"
      "  v6 = LoadSlot v2, " +
      slot +
      " [@1 a=v2 t0=v5]\n"
      "  v9 = MakeFunction v2, v6, v5, v4, v4, v4\n"
      "  DecRef v2 [@8 t0=v9]\n  Return v9\n");
  PyObject* model = Evaluate("g = 5\ndef v(x, y=1): return x, y, g\n", "v");
  for (int i = 0; i < 3; ++i) {
    PyObject* made = f.Call({Py_NewRef(model), PyLong_FromLong(7)});
    ASSERT_TRUE(PyFunction_Check(made));
    EXPECT_EQ(reinterpret_cast<PyFunctionObject*>(made)->func_version, 0u);
    PyObject* result = PyObject_CallFunction(made, "i", 3);
    EXPECT_EQ(Repr(result), "(3, 7, 5)");
    Py_DECREF(result);
    Py_DECREF(made);
  }
  Py_DECREF(model);
}

TEST(SetTest, Make) {
  Compiled f(Op("MakeSet v2, v3"));
  EXPECT_EQ(Do(f, "1", "1"), "{1}");
  EXPECT_EQ(Do(f, "None", "None"), "{None}");
  EXPECT_EQ(Do(f, "1", "[]"), "raised MakeSet @3 1 [] -: TypeError");
  Compiled empty(WithObjects("  v9 = MakeSet" + std::string(kState)));
  EXPECT_EQ(Do(empty, "1", "1"), "set()");
}

TEST(SetTest, Change) {
  Compiled add(Change("AddItem v2, v3"));
  EXPECT_EQ(Do(add, "set()", "2.5"), "{2.5}");
  EXPECT_EQ(Do(add, "{'x'}", "'x'"), "{'x'}");
  EXPECT_EQ(Do(add, "{1}", "{}"), "raised AddItem @3 {1} {} -: TypeError");
  Compiled update(Change("UpdateSet v2, v3"));
  EXPECT_EQ(Do(update, "{1}", "[1]"), "{1}");
  EXPECT_EQ(Do(update, "{1}", "5"), "raised UpdateSet @3 {1} 5 -: TypeError");
}

TEST(DictTest, Make) {
  Compiled f(Op("MakeDict v2, v3, v3, v2"));
  EXPECT_EQ(Do(f, "1", "'x'"), "{1: 'x', 'x': 1}");
  EXPECT_EQ(Do(f, "1", "1"), "{1: 1}");
  EXPECT_EQ(Do(f, "[]", "1"), "raised MakeDict @3 [] 1 -: TypeError");
}

TEST(DictTest, Change) {
  Compiled update(Change("UpdateDict v2, v3"));
  EXPECT_EQ(Do(update, "{1: 2}", "{1: 3, 4: 5}"), "{1: 3, 4: 5}");
  EXPECT_EQ(Do(update, "{}", "7"), "raised UpdateDict @3 {} 7 -: TypeError");
  Compiled merge(Change("MergeDict v2, v3, v3"));
  EXPECT_EQ(Do(merge, "{'a': 2}", "{'b': 3}"), "{'a': 2, 'b': 3}");
  EXPECT_EQ(Do(merge, "{'a': 2}", "{'a': 3}"),
            "raised MergeDict @3 {'a': 2} {'a': 3} -: TypeError");
}

TEST(ListTest, ExtendAndTuple) {
  Compiled extend(Change("ExtendList v2, v3"));
  EXPECT_EQ(Do(extend, "[1]", "(2, 3)"), "[1, 2, 3]");
  EXPECT_EQ(Do(extend, "[1]", "'xy'"), "[1, 'x', 'y']");
  EXPECT_EQ(Do(extend, "[1]", "2"), "raised ExtendList @3 [1] 2 -: TypeError");
  Compiled tuple(WithObjects("  v9 = ListTuple v2\n"));
  EXPECT_EQ(Do(tuple, "[1, 'x']", "0"), "(1, 'x')");
  EXPECT_EQ(Do(tuple, "[]", "0"), "()");
}

TEST(UnpackTest, NumberOfItems) {
  Compiled f(Op("Unpack v2, 2"));
  EXPECT_EQ(Do(f, "(1, 2)", "0"), "(1, 2)");
  EXPECT_EQ(Do(f, "[1, 2]", "0"), "(1, 2)");
  EXPECT_EQ(Do(f, "'ab'", "0"), "('a', 'b')");
  EXPECT_EQ(Do(f, "(1,)", "0"), "raised Unpack @3 (1,) 0 -: ValueError");
  EXPECT_EQ(Do(f, "'abc'", "0"), "raised Unpack @3 'abc' 0 -: ValueError");
  EXPECT_EQ(Do(f, "5", "0"), "raised Unpack @3 5 0 -: TypeError");
  // One item before the star, two behind it.
  Compiled star(Op("UnpackStar v2, 513"));
  EXPECT_EQ(Do(star, "range(5)", "0"), "(0, [1, 2], 3, 4)");
  EXPECT_EQ(Do(star, "(1, 2)", "0"),
            "raised UnpackStar @3 (1, 2) 0 -: ValueError");
  Compiled field(WithObjects("  v4 = Unpack v2, 2" + std::string(kState) +
                             "  v9 = Field v4, 1\n  IncRef v9\n"
                             "  DecRef v4 [@4 a=v2 b=v3]\n"));
  EXPECT_EQ(Do(field, "[1, 'x']", "0"), "x");
}

// The pair that comes next, in the order second, first; or the iterator.
std::string NextOf(const std::string& type) {
  bool number = type == "enumerate";
  std::string text =
      "function f(a), 1 temporaries\nb0:\n"
      "  v0 = TakeReg a\n"
      "  v1: object = GuardFull v0 [@1 a=v0]\n";
  text += number          ? "  GuardEnumerate v1 [@2 a=v1]\n"
                            "  v3 = EnumerateNext v1 [@2 a=v1]\n"
          : type == "zip" ? "  GuardZip v1 [@2 a=v1]\n"
                            "  v3 = NextPair v1 [@2 a=v1]\n"
                          : "  v3 = NextPair v1 [@2 a=v1]\n";
  text +=
      "  v4 = Null\n  v5 = IsSame v3, v4\n  Branch v5, b1, b2\n"
      "b1: from b0\n  Return v1\n"
      "b2: from b0\n";
  text += number ? "  v6 = EnumerateIndex\n  v7 = BoxInt v6\n"
                 : "  v7 = PairSecond\n";
  return text +
         "  v8: object = AssumeFull v3\n  v9 = MakeTuple v7, v8\n"
         "  DecRef v1 [@3 t0=v9]\n  Return v9\n";
}

TEST(PairTest, Enumerate) {
  Compiled f(NextOf("enumerate"));
  PyObject* iterator = Evaluate("v = enumerate('ab', 7)\n", "v");
  EXPECT_EQ(f.Run({Py_NewRef(iterator)}), "(7, 'a')");
  EXPECT_EQ(f.Run({Py_NewRef(iterator)}), "(8, 'b')");
  EXPECT_EQ(f.Run({iterator}).substr(0, 17), "<enumerate object");
  EXPECT_EQ(
      f.Run({Evaluate("v = enumerate('ab', 2**63 - 1)\n", "v")}).substr(0, 21),
      "failed GuardEnumerate");
  EXPECT_EQ(f.Run({Evaluate("v = enumerate(1 // x for x in [0])\n", "v")})
                .substr(0, 21),
            "raised EnumerateNext ");
}

TEST(PairTest, Zip) {
  Compiled f(NextOf("zip"));
  PyObject* iterator = Evaluate("v = zip([1, 2, 3], iter('ab'))\n", "v");
  EXPECT_EQ(f.Run({Py_NewRef(iterator)}), "('a', 1)");
  EXPECT_EQ(f.Run({Py_NewRef(iterator)}), "('b', 2)");
  EXPECT_EQ(f.Run({iterator}).substr(0, 11), "<zip object");
  EXPECT_EQ(f.Run({Evaluate("v = zip('a', 'b', 'c')\n", "v")}).substr(0, 15),
            "failed GuardZip");
  EXPECT_EQ(
      f.Run({Evaluate("v = zip('a', 'b', strict=True)\n", "v")}).substr(0, 15),
      "failed GuardZip");
  EXPECT_EQ(f.Run({Evaluate("v = zip('a', (1 // x for x in [0]))\n", "v")})
                .substr(0, 15),
            "raised NextPair");
}

TEST(PairTest, Items) {
  Compiled f(NextOf("items"));
  PyObject* dict = Evaluate("v = {'a': 1, 2: 'b'}\n", "v");
  PyObject* items = PyObject_CallMethod(dict, "items", nullptr);
  PyObject* iterator = PyObject_GetIter(items);
  EXPECT_EQ(f.Run({Py_NewRef(iterator)}), "(1, 'a')");
  EXPECT_EQ(f.Run({Py_NewRef(iterator)}), "('b', 2)");
  EXPECT_EQ(f.Run({iterator}).substr(0, 18), "<dict_itemiterator");
  iterator = PyObject_GetIter(items);
  PyDict_SetItemString(dict, "c", Py_None);
  EXPECT_EQ(f.Run({iterator}).substr(0, 15), "raised NextPair");
  Py_DECREF(items);
  Py_DECREF(dict);
}

TEST(StrTest, Concatenation) {
  Compiled concat(Op("ConcatStr v2, v3"));
  EXPECT_EQ(Do(concat, "'a'", "'b'"), "ab");
  Compiled append(
      "function f(a, b), 1 temporaries\nb0:\n"
      "  v0 = TakeReg a\n  v1 = TakeReg b\n"
      "  v2: object = GuardFull v0 [@1 a=v0 b=v1]\n"
      "  v3: object = GuardFull v1 [@1 a=v2 b=v1]\n"
      "  v9 = AppendStr v2, v3 [@3 b=v3]\n"
      "  DecRef v3 [@8 t0=v9]\n  Return v9\n");
  EXPECT_EQ(Do(append, "'a'", "'b'"), "ab");
  // Somebody else has it: it stays as it is.
  PyObject* kept = Evaluate("v = 'x' * 1000\n", "v");
  PyObject* more = Evaluate("v = 'yz'\n", "v");
  PyObject* made = append.Call({Py_NewRef(kept), Py_NewRef(more)});
  EXPECT_EQ(PyUnicode_GET_LENGTH(kept), 1000);
  EXPECT_EQ(PyUnicode_GET_LENGTH(made), 1002);
  EXPECT_EQ(kept->ob_refcnt, 1);
  Py_DECREF(made);
  // With itself.
  made = append.Call({Py_NewRef(kept), kept});
  EXPECT_EQ(PyUnicode_GET_LENGTH(made), 2000);
  // Nobody else has it: it is not copied each time.
  for (int i = 0; i < 100000; ++i) made = append.Call({made, Py_NewRef(more)});
  EXPECT_EQ(PyUnicode_GET_LENGTH(made), 202000);
  Py_DECREF(made);
  Py_DECREF(more);
}

TEST(StrTest, Formats) {
  Compiled join(Op("JoinStr v2, v3, v2"));
  EXPECT_EQ(Do(join, "'a'", "'bc'"), "abca");
  Compiled plain(WithObjects("  v4 = Null\n  v9 = Format v2, v4, 0" +
                             std::string(kState)));
  EXPECT_EQ(Do(plain, "12", "0"), "12");
  // With a specification; !r.
  Compiled spec(Op("Format v2, v3, 4"));
  EXPECT_EQ(Do(spec, "12", "'>4'"), "  12");
  EXPECT_EQ(Do(spec, "12", "'q'"), "raised Format @3 12 'q' -: ValueError");
  Compiled repr(Op("Format v2, v3, 6"));
  EXPECT_EQ(Do(repr, "'a'", "'<5'"), "'a'  ");
}

TEST(RaiseTest, OperandsAreTaken) {
  Compiled f(
      "function f(a, b), 1 temporaries\nb0:\n"
      "  v0 = TakeReg a\n  v1 = TakeReg b\n"
      "  Raise v0, v1 [@3]\n  Deopt [@3]\n");
  EXPECT_EQ(Do(f, "KeyError", "None"), "raised Raise @3 - - -: KeyError");
  EXPECT_EQ(Do(f, "KeyError(1)", "ValueError"),
            "raised Raise @3 - - -: KeyError");
  EXPECT_EQ(Do(f, "3", "None"), "raised Raise @3 - - -: TypeError");
  EXPECT_EQ(Do(f, "KeyError", "4"), "raised Raise @3 - - -: TypeError");
  EXPECT_EQ(f.Run({Evaluate("v = KeyError\n", "v"), nullptr}),
            "raised Raise @3 - - -: KeyError");
}

TEST(CallTest, Spread) {
  Compiled f(WithObjects("  v4 = Null\n  v9 = CallSpread v2, v3, v4" +
                         std::string(kState)));
  EXPECT_EQ(Do(f, "max", "(1, 2)"), "2");
  EXPECT_EQ(Do(f, "max", "[1, 5]"), "5");
  EXPECT_EQ(Do(f, "max", "5").substr(0, 18), "raised CallSpread ");
  Compiled named(
      WithObjects("  v4 = MakeTuple\n  v9 = CallSpread v2, v4, v3 "
                  "[@3 a=v2 b=v3 t0=v4]\n"
                  "  DecRef v4 [@4 a=v2 b=v3]\n"));
  EXPECT_EQ(Do(named, "dict", "{'x': 1}"), "{'x': 1}");
  EXPECT_EQ(Do(named, "dict", "7").substr(0, 18), "raised CallSpread ");
}

// a + b, or what `handler` makes of the exception, which is v6.
std::string Caught(const std::string& handler) {
  return "function f(a, b), 1 temporaries\nb0:\n"
         "  v0 = TakeReg a\n  v1 = TakeReg b\n"
         "  v2: object = GuardFull v0 [@1 a=v0 b=v1]\n"
         "  v3: object = GuardFull v1 [@1 a=v2 b=v1]\n"
         "  v4 = Binary v2, v3, + [@3 a=v2 b=v3]\n"
         "  BranchRaised b1, b2\n"
         "b1: from b0\n"
         "  v6 = Catch [@3 a=v2 b=v3]\n"
         "  DecRef v2 [@4 b=v3 t0=v6]\n  DecRef v3 [@4 t0=v6]\n" +
         handler +
         "b2: from b0\n"
         "  DecRef v2 [@4 b=v3 t0=v4]\n  DecRef v3 [@4 t0=v4]\n"
         "  Return v4\n";
}

TEST(CatchTest, GoesOn) {
  Compiled f(Caught("  Return v6\n"));
  EXPECT_EQ(Do(f, "1", "2"), "3");
  EXPECT_EQ(Do(f, "1", "'x'").substr(0, 9), "TypeError");
  EXPECT_EQ(PyErr_Occurred(), nullptr);
}

TEST(CatchTest, Matches) {
  Compiled f(
      Caught("  v7 = Const type type\n"
             "  v8 = MatchException v6, v7 [@5 t0=v6]\n"
             "  v9 = BoxBool v8\n  DecRef v6 [@6 t0=v9]\n"
             "  IncRef v9\n  Return v9\n"));
  // A class that is no exception's.
  EXPECT_EQ(Do(f, "1", "'x'").substr(0, 24), "raised MatchException @5");
}

TEST(CatchTest, IsHandled) {
  Compiled f(
      Caught("  IncRef v6\n  v7 = HandleException v6\n"
             "  v8 = HandledBefore v7\n  XDecRef v8 [@5 t0=v6]\n"
             "  Return v6\n"));
  EXPECT_EQ(Do(f, "1", "'x'").substr(0, 9), "TypeError");
  PyObject *type, *value, *traceback;
  PyErr_GetExcInfo(&type, &value, &traceback);
  EXPECT_TRUE(value == nullptr || value == Py_None);
}

TEST(CatchTest, RaisedAgain) {
  Compiled f(Caught("  Reraise [@5 t0=v6]\n"));
  EXPECT_EQ(Do(f, "1", "2"), "3");
  EXPECT_EQ(Do(f, "1", "'x'").substr(0, 29), "failed Reraise @5 - - TypeErr");
}

}  // namespace
}  // namespace pyvm::llvm_tier
