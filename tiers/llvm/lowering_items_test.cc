// Machine code from texts of the intermediate representation: items of arrays,
// strs and lists, keys of dicts and sets, ints of any size.
#include <string>

#include "core/runtime/array.h"
#include "gtest/gtest.h"
#include "tiers/llvm/compiled_for_test.h"

namespace pyvm::llvm_tier {
namespace {

// f(a, b), of objects, where v9 is the result of `body`, which has a in v2 and
// b in v3.
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

std::string BoolOp(const std::string& line) {
  return WithObjects("  v8 = " + line + kState + "  v9 = BoxBool v8\n", true);
}
std::string IntOp(const std::string& line) {
  return WithObjects("  v4 = UnboxInt v3" + std::string(kState) +
                     "  v8 = " + line + kState + "  v9 = BoxInt v8\n");
}

// Two values, as Python source.
std::string Do(Compiled& f, const std::string& a, const std::string& b) {
  return f.Run(
      {Evaluate("v = " + a + "\n", "v"), Evaluate("v = " + b + "\n", "v")});
}

PyObject* Array(const std::string& code, const std::string& items) {
  PyObject* array = Evaluate(
      "import array\na = array.array('" + code + "', " + items + ")\n", "a");
  NoteArrayType(Py_TYPE(array));
  return array;
}

TEST(NumberTest, ArraysOfDoubles) {
  PyObject* array = Array("d", "[1, 2, 4]");
  ASSERT_EQ(array_type, Py_TYPE(array));
  Compiled f(R"(
function f(a, b), 1 temporaries
b0:
  v0 = TakeReg a
  v1 = TakeReg b
  v2: object = GuardFull v0 [@1 a=v0 b=v1]
  v3: object = GuardFull v1 [@1 a=v2 b=v1]
  v4 = UnboxInt v3 [@1 a=v2 b=v3]
  v8 = GuardArray v2, 100 [@2 a=v2 b=v3]
  v5 = ArrayFloat v8, v4, 100 [@2 a=v2 b=v3]
  v6 = AddFloat v5, v5
  SetArrayFloat v8, v4, v6, 100 [@2 a=v2 b=v3]
  DecRef v2 [@3 b=v3 t0=v5]
  DecRef v3 [@3 t0=v5]
  v7 = BoxFloat v5
  Return v7
)");
  auto run = [&](int64_t i) {
    return f.Run({Py_NewRef(array), PyLong_FromLongLong(i)});
  };
  EXPECT_EQ(run(1), "2.0");
  EXPECT_EQ(run(-2), "4.0");
  EXPECT_EQ(run(0), "1.0");
  EXPECT_EQ(run(3), "failed ArrayFloat @2 array('d', [2.0, 8.0, 4.0]) 3 -");
  EXPECT_EQ(run(-4).substr(0, 17), "failed ArrayFloat");
  EXPECT_EQ(f.Run({Array("f", "[1]"), PyLong_FromLong(0)}),
            "failed GuardArray @2 array('f', [1.0]) 0 -");
  EXPECT_EQ(Do(f, "[1.0]", "0"), "failed GuardArray @2 [1.0] 0 -");
  Py_DECREF(array);
}

TEST(NumberTest, Ints) {
  Array("i", "[]");
  struct Case {
    char code;
    const char* least;
    const char* most;
  };
  for (const Case& c :
       {Case{'b', "-128", "127"}, Case{'B', "0", "255"},
        Case{'h', "-32768", "32767"}, Case{'H', "0", "65535"},
        Case{'i', "-2147483648", "2147483647"}, Case{'I', "0", "4294967295"},
        Case{'q', "-9223372036854775808", "9223372036854775807"}}) {
    std::string code(1, c.code), number = std::to_string(c.code);
    std::string items = std::string("[") + c.least + ", " + c.most + "]";
    Compiled load(IntOp("ArrayInt v2, v4, " + number));
    EXPECT_EQ(load.Run({Array(code, items), PyLong_FromLong(0)}), c.least);
    EXPECT_EQ(load.Run({Array(code, items), PyLong_FromLong(-1)}), c.most);
    EXPECT_EQ(load.Run({Array(code, "[1]"), PyLong_FromLong(1)}).substr(0, 15),
              "failed ArrayInt");
    // Stores b into the first place.
    Compiled store(WithObjects("  v4 = UnboxInt v3" + std::string(kState) +
                               "  v5 = ConstInt 0\n"
                               "  SetArrayInt v2, v5, v4, " +
                               number + kState + "  v9 = BoxInt v4\n"));
    PyObject* array = Array(code, "[1]");
    std::string stored = "array('" + code + "', [" + c.least + "])";
    PyObject* least = PyLong_FromString(c.least, nullptr, 10);
    PyObject* most = PyLong_FromString(c.most, nullptr, 10);
    PyObject* one = PyLong_FromLong(1);
    EXPECT_EQ(store.Run({Py_NewRef(array), Py_NewRef(least)}), c.least);
    EXPECT_EQ(Repr(array), stored);
    EXPECT_EQ(
        store.Run({Py_NewRef(array), PyNumber_Add(most, one)}).substr(0, 7),
        "failed ");
    EXPECT_EQ(store.Run({Py_NewRef(array), PyNumber_Subtract(least, one)})
                  .substr(0, 7),
              "failed ");
    EXPECT_EQ(Repr(array), stored);
    for (PyObject* o : {array, least, most, one}) Py_DECREF(o);
  }
  Compiled bytes(IntOp("ArrayInt v2, v4, 121"));
  EXPECT_EQ(Do(bytes, "b'az'", "-1"), "122");
  EXPECT_EQ(Do(bytes, "b'az'", "2"), "failed ArrayInt @3 b'az' 2 -");
  Compiled mutable_bytes(IntOp("ArrayInt v2, v4, 89"));
  EXPECT_EQ(Do(mutable_bytes, "bytearray(b'az')", "0"), "97");
}

TEST(CharacterTest, OfOneByteEach) {
  Compiled f(WithObjects("  v4 = UnboxInt v3" + std::string(kState) +
                             "  v9 = StrItem v2, v4" + kState,
                         true));
  EXPECT_EQ(Do(f, "'abc'", "0"), "a");
  EXPECT_EQ(Do(f, "'abc\\x7f'", "-1"), "\x7f");
  EXPECT_EQ(Do(f, "'\\xe9\\x80'", "0"), "\u00e9");
  EXPECT_EQ(Do(f, "'abc'", "3"), "failed StrItem @3 'abc' 3 -");
  EXPECT_EQ(Do(f, "'abc'", "-4"), "failed StrItem @3 'abc' -4 -");
  EXPECT_EQ(Do(f, "'\\u65e5a'", "1").substr(0, 14), "failed StrItem");
  Compiled size(WithObjects("  v8 = StrSize v2\n  v9 = BoxInt v8\n"));
  EXPECT_EQ(Do(size, "'\\u65e5a'", "1"), "2");
}

TEST(ListTest, Pop) {
  Compiled f(WithObjects("  v9 = PopList v2" + std::string(kState)));
  PyObject* list = Evaluate("v = list(range(40))\n", "v");
  for (int i = 39; i >= 0; --i) {
    EXPECT_EQ(f.Run({Py_NewRef(list), Py_NewRef(Py_None)}), std::to_string(i));
    EXPECT_LE(reinterpret_cast<PyListObject*>(list)->allocated, 2 * i + 8);
  }
  EXPECT_EQ(f.Run({list, Py_NewRef(Py_None)}), "failed PopList @3 [] None -");
}

TEST(TableTest, Dicts) {
  Compiled find(WithObjects("  v4 = DictFind v2, v3" + std::string(kState) +
                                "  v9: object = GuardFull v4" + kState,
                            true));
  EXPECT_EQ(Do(find, "{'x': 5}", "'x'"), "5");
  EXPECT_EQ(Do(find, "{1: 5, 2: 6}", "2"), "6");
  EXPECT_EQ(Do(find, "{(1, 'a'): 7}", "(1, 'a')"), "7");
  EXPECT_EQ(Do(find, "{'x': 5}", "'y'"), "failed GuardFull @3 {'x': 5} 'y' -");
  EXPECT_EQ(Do(find, "{1: 5}", "1.0"), "failed DictFind @3 {1: 5} 1.0 -");
  Compiled store(WithObjects("  v4 = SetDictItem v2, v3, v3" +
                             std::string(kState) +
                             "  XDecRef v4 [@4 a=v2 b=v3]\n"
                             "  v6: object dict = GuardType v2, dict" +
                             kState +
                             "  v5 = TableSize v6\n"
                             "  v9 = BoxInt v5\n"));
  PyObject* dict = PyDict_New();
  auto put = [&](PyObject* key) { return store.Run({Py_NewRef(dict), key}); };
  // Room runs out now and then.
  for (int i = 0; i < 100; ++i) put(PyLong_FromLong(i % 50));
  EXPECT_EQ(PyDict_GET_SIZE(dict), 50);
  PyObject* key = PyLong_FromLong(49);
  EXPECT_EQ(Repr(PyDict_GetItemWithError(dict, key)), "49");
  Py_DECREF(key);
  EXPECT_EQ(put(PyFloat_FromDouble(0.5)).substr(0, 18), "failed SetDictItem");
  EXPECT_EQ(PyDict_GET_SIZE(dict), 50);
  Py_DECREF(dict);
}

TEST(TableTest, NamespacesAreLeftAlone) {
  Compiled store(WithObjects("  v4 = SetDictItem v2, v3, v3" +
                             std::string(kState) +
                             "  XDecRef v4 [@4 a=v2 b=v3]\n  v9 = Null\n"));
  PyObject* dict = Evaluate("v = {'x': 1}\n", "v");
  reinterpret_cast<PyDictObject*>(dict)->ma_keys->dk_version = 4711;
  EXPECT_EQ(store.Run({dict, PyUnicode_InternFromString("x")}),
            "failed SetDictItem @3 {'x': 1} 'x' -");
}

TEST(TableTest, Membership) {
  Compiled has(BoolOp("HasItem v2, v3"));
  EXPECT_EQ(Do(has, "{1, 2}", "2"), "True");
  EXPECT_EQ(Do(has, "frozenset({1})", "'x'"), "False");
  EXPECT_EQ(Do(has, "(1, 'x')", "'x'"), "True");
  EXPECT_EQ(Do(has, "[1, 2]", "3"), "False");
  EXPECT_EQ(Do(has, "'abc'", "'b'"), "True");
  EXPECT_EQ(Do(has, "{1}", "None"), "failed HasItem @3 {1} None -");
  EXPECT_EQ(Do(has, "[1.5]", "3"), "failed HasItem @3 [1.5] 3 -");
  Compiled add(WithObjects("  AddSet v2, v3" + std::string(kState) +
                           "  v5 = TableSize v2\n  v9 = BoxInt v5\n"));
  PyObject* set = PySet_New(nullptr);
  for (int i = 0; i < 100; ++i) {
    add.Run({Py_NewRef(set), PyLong_FromLong(i % 60)});
  }
  EXPECT_EQ(PySet_GET_SIZE(set), 60);
  EXPECT_EQ(add.Run({Py_NewRef(set), Py_NewRef(Py_None)}).substr(0, 13),
            "failed AddSet");
  EXPECT_EQ(PySet_GET_SIZE(set), 60);
  Py_DECREF(set);
}

TEST(BigIntTest, OperatorsAndComparisons) {
  Compiled multiply(WithObjects("  v9: object int = BinaryBig v2, v3, *" +
                                std::string(kState)));
  EXPECT_EQ(Do(multiply, "2**64", "2**64"),
            "340282366920938463463374607431768211456");
  Compiled divide(WithObjects("  v9: object int = BinaryBig v2, v3, //" +
                              std::string(kState)));
  EXPECT_EQ(Do(divide, "-2**70", "3"), "-393530540239137101142");
  EXPECT_EQ(Do(divide, "2**70", "0"),
            "failed BinaryBig @3 1180591620717411303424 0 -");
  EXPECT_EQ(PyErr_Occurred(), nullptr);
  Compiled less(
      WithObjects("  v8 = CompareBig v2, v3, <\n  v9 = BoxBool v8\n", true));
  EXPECT_EQ(Do(less, "2**64", "2**65"), "True");
  EXPECT_EQ(Do(less, "2**64", "-1"), "False");
}

}  // namespace
}  // namespace pyvm::llvm_tier
