// Machine code from texts of the intermediate representation: what the library
// does, containers, cells, guards.
#include <cstdio>
#include <string>

#include "core/runtime/attribute.h"
#include "gtest/gtest.h"
#include "tiers/llvm/compiled_for_test.h"

namespace pyvm::llvm_tier {
namespace {

// f(a, b), of objects, where v9 is the result (which `own` says how to own) of
// `body`, which has a in v2 and b in v3.
std::string WithObjects(const std::string& body, bool lent = false) {
  return "function f(a, b), 1 temporaries\nb0:\n"
         "  v0 = TakeReg a\n  v1 = TakeReg b\n"
         "  v2: object = GuardFull v0 [@1 a=v0 b=v1]\n"
         "  v3: object = GuardFull v1 [@1 a=v2 b=v1]\n" +
         body + (lent ? "  IncRef v9\n" : "") +
         "  DecRef v2 [@8 b=v3 t0=v9]\n  DecRef v3 [@8 t0=v9]\n"
         "  Return v9\n";
}
constexpr char kState[] = " [@3 a=v2 b=v3]\n";

std::string Op(const std::string& line) {
  return WithObjects("  v9 = " + line + kState);
}
// Of an operation whose value is a bool.
std::string BoolOp(const std::string& line) {
  return WithObjects("  v8 = " + line + kState + "  v9 = BoxBool v8\n", true);
}

// Two values, as Python source.
std::string Do(Compiled& f, const std::string& a, const std::string& b) {
  return f.Run(
      {Evaluate("v = " + a + "\n", "v"), Evaluate("v = " + b + "\n", "v")});
}

TEST(LibraryTest, Operators) {
  Compiled add(Op("Binary v2, v3, +")), in_place(Op("Binary v2, v3, +="));
  EXPECT_EQ(Do(add, "[1]", "[2]"), "[1, 2]");
  EXPECT_EQ(Do(add, "True", "2"), "3");
  EXPECT_EQ(Do(in_place, "3", "True"), "4");
  EXPECT_EQ(Do(add, "()", "1"), "raised Binary @3 () 1 -: TypeError");
  Compiled less(Op("Compare v2, v3, <"));
  EXPECT_EQ(Do(less, "{1}", "{1, 2}"), "True");
  EXPECT_EQ(Do(less, "1", "2.5"), "True");
  EXPECT_EQ(Do(less, "1", "None"), "raised Compare @3 1 None -: TypeError");
  Compiled negative(Op("Negative v2"));
  EXPECT_EQ(Do(negative, "1.5", "0"), "-1.5");
}

TEST(LibraryTest, TablesForManyTypes) {
  auto find = [](const std::string& op) {
    return WithObjects(
        "  v4 = " + op + " v2, 'x'\n" + "  v9: object = GuardFull v4" + kState,
        true);
  };
  Compiled get(find("FindAttr")), call(find("FindMethod"));
  std::string cls = "class C:\n  def __init__(s, x): s.x = x\n";
  std::string of = "class D:\n  def x(s): pass\n";
  auto run = [](Compiled& f, const std::string& source) {
    return f.Run({Evaluate(source, "v"), Py_NewRef(Py_None)});
  };
  EXPECT_EQ(run(get, cls + "v = C(7)\n"), "7");
  EXPECT_EQ(run(get, cls + "v = C(8)\n"), "8");
  EXPECT_TRUE(run(get, "v = 5\n").starts_with("failed GuardFull"));
  EXPECT_TRUE(run(call, of + "v = D()\nv.x\n").starts_with("<function D.x"));
  // It has an attribute of that name: no method is called.
  EXPECT_TRUE(run(call, of + "v = D()\nv.x = 0\n").starts_with("failed"));
}

TEST(LibraryTest, FunctionsWithoutEffects) {
  // str.split, str.count (which takes a tuple), and str.upper.
  auto pure = [](const char* name, bool argument) {
    PyObject* method = PyDict_GetItemString(PyUnicode_Type.tp_dict, name);
    auto* def = reinterpret_cast<PyMethodDescrObject*>(method)->d_method;
    char address[32];
    std::snprintf(address, sizeof address, "%p", static_cast<void*>(def));
    return Op(std::string("CallPure v2") + (argument ? ", v3, " : ", ") +
              address);
  };
  Compiled split(pure("split", true));
  EXPECT_EQ(Do(split, "'a b'", "None"), "['a', 'b']");
  EXPECT_EQ(Do(split, "'a b'", "5").substr(0, 18), "failed CallPure @3");
  EXPECT_EQ(PyErr_Occurred(), nullptr);
  Compiled count(pure("count", true));
  EXPECT_EQ(Do(count, "'abab'", "'b'"), "2");
  Compiled upper(pure("upper", false));
  EXPECT_EQ(Do(upper, "'ab'", "0"), "AB");
}

TEST(LibraryTest, Classes) {
  Compiled cls(WithObjects("  v9 = ClassOf v2" + std::string(kState), true));
  EXPECT_EQ(Do(cls, "5", "0"), "<class 'int'>");
  std::string hides =
      "class C:\n  @property\n  def __class__(s): return 0\nv = C()\n";
  EXPECT_TRUE(cls.Run({Evaluate(hides, "v"), Py_NewRef(Py_None)})
                  .starts_with("failed ClassOf"));
}

TEST(LibraryTest, ResultsOfOperators) {
  Compiled done(WithObjects("  IncRef v2\n  v9 = OperatorDone v2, v2, v3, +" +
                            std::string(kState)));
  EXPECT_EQ(Do(done, "5", "1"), "5");
  EXPECT_EQ(Do(done, "NotImplemented", "1"),
            "raised OperatorDone @3 NotImplemented 1 -: TypeError");
}

TEST(LibraryTest, PlainInstances) {
  Compiled is(BoolOp("IsPlainInstance v2, v3"));
  EXPECT_EQ(Do(is, "True", "int"), "True");
  EXPECT_EQ(Do(is, "5", "(str, float)"), "False");
  EXPECT_EQ(Do(is, "5", "(str, int)"), "True");
  EXPECT_TRUE(
      Do(is, "5", "__import__('numbers').Number").starts_with("failed"));
  EXPECT_TRUE(Do(is, "5", "6").starts_with("failed IsPlainInstance"));
}

TEST(LibraryTest, Truths) {
  Compiled equal(BoolOp("CompareBool v2, v3, =="));
  EXPECT_EQ(Do(equal, "[1]", "[1]"), "True");
  EXPECT_EQ(Do(equal, "float('nan')", "1"), "False");
  Compiled in(BoolOp("Contains v2, v3"));
  EXPECT_EQ(Do(in, "2", "[1, 2]"), "True");
  EXPECT_EQ(Do(in, "'x'", "{'y': 1}"), "False");
  EXPECT_EQ(Do(in, "1", "1"), "raised Contains @3 1 1 -: TypeError");
  Compiled is(BoolOp("IsInstance v2, v3"));
  EXPECT_EQ(Do(is, "True", "int"), "True");
  EXPECT_EQ(Do(is, "1", "int"), "True");
  EXPECT_EQ(Do(is, "1", "(str, list)"), "False");
  EXPECT_EQ(Do(is, "1", "1").substr(0, 19), "raised IsInstance @");
  Compiled truth(BoolOp("IsTrue v2"));
  for (const char* v : {"True", "1", "[0]", "'x'", "object()"}) {
    EXPECT_EQ(Do(truth, v, "0"), "True") << v;
  }
  for (const char* v : {"False", "None", "0", "[]", "''", "0.0"}) {
    EXPECT_EQ(Do(truth, v, "0"), "False") << v;
  }
  Compiled same(WithObjects("  v8 = IsSame v2, v3\n  v9 = BoxBool v8\n", true));
  EXPECT_EQ(Do(same, "None", "None"), "True");
  EXPECT_EQ(Do(same, "None", "0"), "False");
  Compiled strs(
      WithObjects("  v8 = EqualStr v2, v3\n  v9 = BoxBool v8\n", true));
  EXPECT_EQ(Do(strs, "'ab' * 9", "'ab' * 9"), "True");
  EXPECT_EQ(Do(strs, "'ab' * 9", "'ba' * 9"), "False");
}

TEST(LibraryTest, AttributesAndItems) {
  Compiled load(Op("LoadAttr v2, 'real'"));
  EXPECT_EQ(Do(load, "1j", "0"), "0.0");
  EXPECT_EQ(Do(load, "[]", "0"), "raised LoadAttr @3 [] 0 -: AttributeError");
  Compiled store(WithObjects(std::string("  StoreAttr v2, v3, 'x'") + kState +
                             "  v9 = LoadAttr v2, 'x'" + kState));
  EXPECT_EQ(Do(store, "type('C', (), {})()", "[5]"), "[5]");
  EXPECT_EQ(Do(store, "2", "[5]"),
            "raised StoreAttr @3 2 [5] -: AttributeError");
  Compiled item(Op("LoadItem v2, v3"));
  EXPECT_EQ(Do(item, "{1: 'x'}", "1"), "x");
  EXPECT_EQ(Do(item, "'xyz'", "-1"), "z");
  EXPECT_EQ(Do(item, "{}", "1"), "raised LoadItem @3 {} 1 -: KeyError");
  Compiled store_item(WithObjects(std::string("  StoreItem v2, v3, v3") +
                                  kState + "  v9 = LoadItem v2, v3" + kState));
  EXPECT_EQ(Do(store_item, "{}", "7"), "7");
  EXPECT_EQ(Do(store_item, "[0, 0]", "1"), "1");
  EXPECT_EQ(Do(store_item, "()", "1").substr(0, 20), "raised StoreItem @3 ");
  Compiled slice(Op("LoadSlice v2, v3, v3, v3"));
  EXPECT_EQ(Do(slice, "(1, 2, 3)", "None"), "(1, 2, 3)");
  EXPECT_EQ(Do(slice, "b'abc'", "1"), "b''");
  EXPECT_EQ(Do(slice, "5", "1"), "raised LoadSlice @3 5 1 -: TypeError");
}

TEST(LibraryTest, MakesContainers) {
  for (const char* n : {"MakeTuple", "MakeList"}) {
    Compiled f(WithObjects(
        "  IncRef v2\n  IncRef v3\n  v9 = " + std::string(n) + " v2, v3\n"));
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(Do(f, "[1]", "2"), n[4] == 'T' ? "([1], 2)" : "[[1], 2]");
    }
  }
  Compiled empty(WithObjects("  v9 = MakeTuple\n"));
  EXPECT_EQ(Do(empty, "1", "2"), "()");
  Compiled slice(WithObjects("  v9 = MakeSlice v2, v3, v2\n"));
  EXPECT_EQ(Do(slice, "1", "2"), "slice(1, 2, 1)");
  Compiled cell(WithObjects(
      "  IncRef v2\n  v4 = MakeCell v2\n  v5 = Null\n"
      "  v6 = StoreSlot v4, v3, 16\n  v7 = LoadSlot v4, 16 [@4 a=v2 t0=v4]\n"
      "  IncRef v7\n  IncRef v3\n  DecRef v4 [@4 a=v2 b=v3 t0=v7]\n"
      "  v8 = MakeTuple v6, v7\n  IncRef v8\n"
      "  v9 = MakeTuple v8, v8\n"));
  EXPECT_EQ(Do(cell, "[1]", "[2]"), "(([1], [2]), ([1], [2]))");
}

TEST(LibraryTest, Iterates) {
  Compiled get(Op("GetIter v2"));
  EXPECT_TRUE(Do(get, "[1]", "0").starts_with("<list_iterator"));
  EXPECT_EQ(Do(get, "5", "0"), "raised GetIter @3 5 0 -: TypeError");
  Compiled next(WithObjects(std::string("  v4 = IterNext v2") + kState +
                                "  XDecRef v4 [@4 a=v2 b=v3]\n"
                                "  v5 = IterNext v2" +
                                kState +
                                "  v6 = Null\n  v7 = IsSame v5, v6\n"
                                "  XDecRef v5 [@4 a=v2 b=v3]\n"
                                "  v9 = BoxBool v7\n",
                            true));
  EXPECT_EQ(Do(next, "iter((1, 2, 3))", "0"), "False");
  EXPECT_EQ(Do(next, "(i for i in [1])", "0"), "True");
  EXPECT_TRUE(Do(next, "(1 // 0 for i in [1])", "0")
                  .starts_with("raised IterNext @3 <"));
  Compiled range(R"(
function f(a, b), 0 temporaries
b0:
  v0 = TakeReg a
  v1 = TakeReg b
  v2: object int = GuardType v0, int [@1 a=v0 b=v1]
  v3: object int = GuardType v1, int [@1 a=v2 b=v1]
  v4 = UnboxInt v2 [@1 a=v2 b=v3]
  v5 = UnboxInt v3 [@1 a=v2 b=v3]
  v6 = ConstInt 5
  DecRef v2 [@2 b=v3]
  DecRef v3 [@2]
  v7 = RangeIter v6, v4, v5
  v8 = Const type list
  v9 = Call v8, v7 [@2 a=v7]
  DecRef v7 [@3 a=v9]
  Return v9
)");
  EXPECT_EQ(range.Ints({12, 3}), "[5, 8, 11]");
  EXPECT_EQ(range.Ints({11, 3}), "[5, 8]");
  EXPECT_EQ(range.Ints({-2, -3}), "[5, 2, -1]");
  EXPECT_EQ(range.Ints({5, 3}), "[]");
  EXPECT_EQ(range.Ints({INT64_MIN, INT64_MIN}), "[5, -9223372036854775803]");
}

TEST(LibraryTest, CallsWithNames) {
  Compiled f(Op("Call v2, v3, v3, ('key', 'reverse')"));
  EXPECT_EQ(Do(f, "lambda key, reverse: (key, reverse)", "4"), "(4, 4)");
  Compiled plain(Op("Call v2"));
  EXPECT_EQ(Do(plain, "dict", "4"), "{}");
}

// --- Guards
// -------------------------------------------------------------------

std::string Guard(const std::string& line) {
  return WithObjects("  v9: object = " + line + kState, true);
}

TEST(GuardTest, ObjectsAndVersions) {
  Compiled is(Guard("GuardIs v2, None"));
  EXPECT_EQ(Do(is, "None", "0"), "None");
  EXPECT_EQ(Do(is, "5", "0"), "failed GuardIs @3 5 0 -");

  PyObject* o = Evaluate("class C:\n  x = 1\no = C()\no.a = 1\n", "o");
  uint32_t version = TypeVersion(Py_TYPE(o));
  Compiled type(Guard("GuardVersion v2, " + std::to_string(version)));
  EXPECT_TRUE(type.Run({Py_NewRef(o), Py_NewRef(Py_None)}).starts_with("<"));
  EXPECT_EQ(Do(type, "5", "0"), "failed GuardVersion @3 5 0 -");

  Compiled cls(Guard("GuardClass v2, " + std::to_string(version)));
  auto* c = reinterpret_cast<PyObject*>(Py_TYPE(o));
  EXPECT_EQ(cls.Run({Py_NewRef(c), Py_NewRef(Py_None)}), Repr(c));
  EXPECT_EQ(Do(cls, "int", "0").substr(0, 17), "failed GuardClass");

  Compiled has(
      BoolOp("HasVersion v2, " +
             std::to_string(TypeVersion(reinterpret_cast<PyTypeObject*>(c)))));
  EXPECT_EQ(has.Run({Py_NewRef(o), Py_NewRef(Py_None)}), "True");
  EXPECT_EQ(Do(has, "5", "0"), "False");

  auto* keys = reinterpret_cast<PyHeapTypeObject*>(c)->ht_cached_keys;
  Compiled shared(
      Guard("GuardInstanceKeys v2, " + std::to_string(KeysVersion(keys))));
  EXPECT_TRUE(shared.Run({Py_NewRef(o), Py_NewRef(Py_None)}).starts_with("<"));
  Py_DECREF(PyObject_GetAttrString(o, "__dict__"));
  EXPECT_TRUE(shared.Run({o, Py_NewRef(Py_None)})
                  .starts_with("failed GuardInstanceKeys"));

  PyObject* f = Evaluate("def f(): pass\n", "f");
  uint32_t own = FunctionVersion(reinterpret_cast<PyFunctionObject*>(f));
  Compiled function(Guard("GuardFunction v2, " + std::to_string(own)));
  EXPECT_TRUE(function.Run({Py_NewRef(f), Py_NewRef(Py_None)})
                  .starts_with("<function"));
  EXPECT_TRUE(Do(function, "lambda: 0", "0").starts_with("failed GuardFunc"));
  EXPECT_TRUE(Do(function, "len", "0").starts_with("failed GuardFunction"));
  Compiled known(BoolOp("IsFunction v2, " + std::to_string(own)));
  EXPECT_EQ(known.Run({f, Py_NewRef(Py_None)}), "True");
  EXPECT_EQ(Do(known, "lambda: 0", "0"), "False");
  EXPECT_EQ(Do(known, "len", "0"), "False");
}

TEST(GuardTest, KeysOfDicts) {
  PyObject* dict = Evaluate("d = {'x': 17}\n", "d");
  auto* keys = reinterpret_cast<PyDictObject*>(dict)->ma_keys;
  uint32_t version = KeysVersion(keys);
  auto hex = [](const void* p) {
    return std::to_string(reinterpret_cast<uintptr_t>(p));
  };
  Compiled f(WithObjects(
      "  GuardKeys v2, " + hex(keys) + ", " + std::to_string(version) + kState +
          "  v9 = LoadEntry " + hex(&DK_UNICODE_ENTRIES(keys)[0].me_value) +
          ", 0" + kState,
      true));
  auto run = [&](PyObject* d) {
    return f.Run({Py_NewRef(d), Py_NewRef(Py_None)});
  };
  EXPECT_EQ(run(dict), "17");
  // Keys of the same version, elsewhere.
  PyObject* copy = PyDict_Copy(dict);
  ASSERT_EQ(reinterpret_cast<PyDictObject*>(copy)->ma_keys->dk_version,
            version);
  EXPECT_TRUE(run(copy).starts_with("failed GuardKeys"));
  Py_DECREF(copy);
  PyDict_SetItemString(dict, "x", Py_None);
  EXPECT_EQ(run(dict), "None");
  PyDict_SetItemString(dict, "y", Py_None);
  EXPECT_TRUE(run(dict).starts_with("failed GuardKeys"));
  Py_DECREF(dict);
}

TEST(GuardTest, BuiltinsAndModules) {
  PyObject* sqrt = Evaluate("import math\nf = math.sqrt\n", "f");
  auto hex = [](const void* p) {
    return std::to_string(reinterpret_cast<uintptr_t>(p));
  };
  Compiled f(Guard("GuardBuiltin v2, " +
                   hex(reinterpret_cast<PyCFunctionObject*>(sqrt)->m_ml)));
  EXPECT_EQ(f.Run({sqrt, Py_NewRef(Py_None)}), "<built-in function sqrt>");
  EXPECT_TRUE(Do(f, "len", "0").starts_with("failed GuardBuiltin"));
  EXPECT_TRUE(Do(f, "int", "0").starts_with("failed GuardBuiltin"));
  Compiled dict(WithObjects("  v9 = ModuleDict v2\n", true));
  EXPECT_EQ(dict.Run({Evaluate("import types\nm = types.ModuleType('m')\n"
                               "m.__dict__.clear()\nm.x = 5\n",
                               "m"),
                      Py_NewRef(Py_None)}),
            "{'x': 5}");
}

TEST(GuardTest, WhatIsKnown) {
  // In a frame's state it is what it is in the code.
  Compiled f(
      WithObjects("  v4 = Known v2, 'k'\n  IncRef v4\n"
                  "  v9: object = GuardIs v3, None "
                  "[@3 a=v2 b=v3 t0=v4]\n"
                  "  DecRef v4 [@4 a=v2 b=v3]\n",
                  true));
  EXPECT_EQ(Do(f, "1", "None"), "None");
  EXPECT_EQ(Do(f, "1", "2"), "failed GuardIs @3 1 2 'k'");
}

}  // namespace
}  // namespace pyvm::llvm_tier
