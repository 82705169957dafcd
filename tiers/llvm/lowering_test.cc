// Machine code from texts of the intermediate representation: numbers, frames,
// and objects.
#include "tiers/llvm/lowering.h"

#include <cmath>
#include <string>

#include "core/bytecode/test_python.h"
#include "core/runtime/object.h"
#include "gtest/gtest.h"
#include "tiers/llvm/compiled_for_test.h"

namespace pyvm::llvm_tier {
namespace {

// --- Numbers ----------------------------------------------------------------

constexpr char kSum[] = R"(
function f(n), 1 temporaries
b0:
  v0 = TakeReg n
  v1: object int = GuardType v0, int [@1 n=v0]
  v2 = UnboxInt v1 [@1 n=v1]
  v3 = ConstInt 0
  v4 = ConstInt 1
  Jump b1
b1: from b0 b2, loop header [@2 n=v1 t0=v6]
  v5: int = Phi v3, v8
  v6: int = Phi v3, v7
  v9 = CompareInt v5, v2, <
  Branch v9, b2, b3
b2: from b1
  v10 = MulInt v5, v5 [@3 n=v1 t0=v6]
  v7 = AddInt v6, v10 [@3 n=v1 t0=v6]
  v8 = AddInt v5, v4 [@3 n=v1 t0=v6]
  Safepoint [@4 n=v1 t0=v7]
  Jump b1
b3: from b1
  DecRef v1 [@6 t0=v6]
  v11 = BoxInt v6
  Return v11
)";

TEST(LoweringTest, SumsInts) {
  for (int level : {0, 1, 2}) {
    Compiled f(kSum, level);
    EXPECT_EQ(f.Ints({10}), "285");
    EXPECT_EQ(f.Ints({0}), "0");
    EXPECT_EQ(f.Ints({1000000}), "333332833333500000");
    EXPECT_EQ(f.Run({PyFloat_FromDouble(2)}), "failed GuardType @1 2.0 -");
    // The sum overflows in the loop.
    std::string text = f.Ints({5000000});
    EXPECT_EQ(text.substr(0, 32), "failed AddInt @3 5000000 int 922") << text;
  }
}

// f(a, b) = op(a, b), unboxed and boxed again.
std::string IntOp(const std::string& op, bool guard) {
  return "function f(a, b), 0 temporaries\nb0:\n"
         "  v0 = TakeReg a\n  v1 = TakeReg b\n"
         "  v8: object = GuardFull v0 [@1 a=v0 b=v1]\n"
         "  v9: object = GuardFull v1 [@1 a=v8 b=v1]\n"
         "  v2 = UnboxInt v8 [@1 a=v8 b=v9]\n"
         "  v3 = UnboxInt v9 [@1 a=v8 b=v9]\n"
         "  v4 = " +
         op + (op.starts_with("Neg") ? " v2" : " v2, v3") +
         (guard ? " [@1 a=v8 b=v9]\n" : "\n") +
         "  v5 = BoxInt v4\n  DecRef v8 [@2 b=v9]\n"
         "  DecRef v9 [@2]\n  Return v5\n";
}

TEST(LoweringTest, DividesAsPythonDoes) {
  Compiled div(IntOp("FloorDivInt", true)), mod(IntOp("ModInt", true));
  int64_t numbers[] = {0,  1,          -1,        7,         -7,       100,
                       -3, 1000000007, INT64_MAX, INT64_MIN, 1L << 32, 3};
  for (int64_t a : numbers) {
    for (int64_t b : numbers) {
      PyObject* x = PyLong_FromLongLong(a);
      PyObject* y = PyLong_FromLongLong(b);
      if (b == 0 || (a == INT64_MIN && b == -1)) {
        EXPECT_TRUE(div.Ints({a, b}).starts_with("failed FloorDivInt"));
        EXPECT_TRUE(mod.Ints({a, b}).starts_with("failed ModInt"));
      } else {
        PyObject* q = PyNumber_FloorDivide(x, y);
        PyObject* r = PyNumber_Remainder(x, y);
        EXPECT_EQ(div.Ints({a, b}), Repr(q)) << a << " " << b;
        EXPECT_EQ(mod.Ints({a, b}), Repr(r)) << a << " " << b;
        Py_DECREF(q);
        Py_DECREF(r);
      }
      Py_DECREF(x);
      Py_DECREF(y);
    }
  }
}

TEST(LoweringTest, DividesByConstants) {
  for (int64_t by : {1L, 2L, 3L, 8L, 10L, 1L << 40, -2L, -3L, -7L}) {
    std::string head =
        "function f(a), 0 temporaries\nb0:\n  v0 = TakeReg a\n"
        "  v1: object = GuardFull v0 [@1 a=v0]\n"
        "  v2 = UnboxInt v1 [@1 a=v1]\n  v3 = ConstInt " +
        std::to_string(by) + "\n  v4 = ";
    std::string tail =
        " v2, v3 [@1 a=v1]\n  v5 = BoxInt v4\n  DecRef v1 [@2]\n  Return v5\n";
    Compiled div(head + "FloorDivInt" + tail), mod(head + "ModInt" + tail);
    for (int64_t a : {0L, 1L, -1L, 6L, -6L, 1000L, -1001L, 1L << 61, INT64_MAX,
                      INT64_MIN}) {
      PyObject* x = PyLong_FromLongLong(a);
      PyObject* y = PyLong_FromLongLong(by);
      PyObject* q = PyNumber_FloorDivide(x, y);
      PyObject* r = PyNumber_Remainder(x, y);
      EXPECT_EQ(div.Ints({a}), Repr(q)) << a << " " << by;
      EXPECT_EQ(mod.Ints({a}), Repr(r)) << a << " " << by;
      for (PyObject* o : {x, y, q, r}) Py_DECREF(o);
    }
  }
}

TEST(LoweringTest, OverflowAndShiftsFail) {
  Compiled add(IntOp("AddInt", true)), mul(IntOp("MulInt", true));
  Compiled left(IntOp("LshiftInt", true)), right(IntOp("RshiftInt", true));
  Compiled neg(IntOp("NegInt", true)), sub(IntOp("SubInt", true));
  EXPECT_EQ(add.Ints({INT64_MAX, -1}), "9223372036854775806");
  EXPECT_TRUE(add.Ints({INT64_MAX, 1}).starts_with("failed AddInt @1 9223"));
  EXPECT_TRUE(sub.Ints({INT64_MIN, 1}).starts_with("failed SubInt"));
  EXPECT_EQ(mul.Ints({1L << 31, -(1L << 31)}), "-4611686018427387904");
  EXPECT_TRUE(mul.Ints({1L << 32, 1L << 31}).starts_with("failed MulInt"));
  EXPECT_EQ(left.Ints({-3, 4}), "-48");
  EXPECT_EQ(left.Ints({1, 62}), "4611686018427387904");
  EXPECT_TRUE(left.Ints({1, 63}).starts_with("failed LshiftInt"));
  EXPECT_TRUE(left.Ints({1, 64}).starts_with("failed LshiftInt"));
  EXPECT_TRUE(left.Ints({1, -1}).starts_with("failed LshiftInt"));
  EXPECT_EQ(right.Ints({-5, 1}), "-3");
  EXPECT_EQ(right.Ints({-5, 1000}), "-1");
  EXPECT_TRUE(right.Ints({1, -1}).starts_with("failed RshiftInt"));
  EXPECT_EQ(neg.Ints({5, 0}), "-5");
  EXPECT_TRUE(neg.Ints({INT64_MIN, 0}).starts_with("failed NegInt"));
}

TEST(LoweringTest, BoxesAndUnboxesAllSizes) {
  Compiled same(IntOp("AddInt", true));
  for (int shift = 0; shift < 64; ++shift) {
    for (int64_t d : {-1, 0, 1}) {
      for (int64_t sign : {1, -1}) {
        auto v = static_cast<int64_t>(
            ((uint64_t{1} << shift) + static_cast<uint64_t>(d)) *
            static_cast<uint64_t>(sign));
        EXPECT_EQ(same.Ints({v, 0}), std::to_string(v));
      }
    }
  }
  PyObject* big = PyLong_FromString("9223372036854775808", nullptr, 10);
  PyObject* huge = PyLong_FromString("1000000000000000000000000", nullptr, 10);
  EXPECT_EQ(same.Run({big, PyLong_FromLong(0)}),
            "failed UnboxInt @1 9223372036854775808 0");
  EXPECT_EQ(same.Run({PyLong_FromLong(0), huge}),
            "failed UnboxInt @1 0 1000000000000000000000000");
}

constexpr char kFloats[] = R"(
function f(x, y), 1 temporaries
b0:
  v0 = TakeReg x
  v1 = TakeReg y
  v2: object float = GuardType v0, float [@1 x=v0 y=v1]
  v3: object float = GuardType v1, float [@1 x=v2 y=v1]
  v4 = UnboxFloat v2 [@1 x=v2 y=v3]
  v5 = UnboxFloat v3 [@1 x=v2 y=v3]
  v6 = MulFloat v4, v5
  v7 = DivFloat v6, v5 [@2 x=lent v2 y=lent v3 t0=v6]
  v8 = SqrtFloat v7 [@3 x=lent v2 y=lent v3 t0=v7]
  DecRef v2 [@4]
  DecRef v3 [@4]
  v9 = BoxFloat v8
  Return v9
)";

TEST(LoweringTest, ComputesWithFloats) {
  Compiled f(kFloats);
  auto run = [&](double x, double y) {
    return f.Run({PyFloat_FromDouble(x), PyFloat_FromDouble(y)});
  };
  EXPECT_EQ(run(16, 2), "4.0");
  EXPECT_EQ(run(3, 0), "failed DivFloat @2 3.0 0.0 float 0.0");
  EXPECT_EQ(run(-9, 2), "failed SqrtFloat @3 -9.0 2.0 float -9.0");
  EXPECT_EQ(run(-0.0, 2), "-0.0");
  EXPECT_EQ(run(NAN, 2), "failed SqrtFloat @3 nan 2.0 float nan");
  EXPECT_EQ(f.Run({PyLong_FromLong(3), PyFloat_FromDouble(2)}),
            "failed GuardType @1 3 2.0 -");
}

TEST(LoweringTest, FloatsGoThroughTheFreeList) {
  Compiled f(kFloats);
  auto* state = &PyInterpreterState_Get()->float_state;
  for (int i = 0; i < 300; ++i) {
    PyObject* x = PyFloat_FromDouble(i);
    PyObject* y = PyFloat_FromDouble(2);
    int before = state->numfree;
    PyObject* result = f.Call({x, y});
    EXPECT_EQ(state->numfree, std::min(before + 2, PyFloat_MAXFREELIST) - 1);
    Py_DECREF(result);
  }
}

TEST(LoweringTest, ComparesAndConverts) {
  Compiled f(R"(
function f(a, b), 0 temporaries
b0:
  v0 = TakeReg a
  v1 = TakeReg b
  v2: object int = GuardType v0, int [@1 a=v0 b=v1]
  v3: object float = GuardType v1, float [@1 a=v2 b=v1]
  v4 = UnboxInt v2 [@1 a=v2 b=v3]
  v5 = IntToFloat v4 [@1 a=v2 b=v3]
  v6 = UnboxFloat v3 [@1 a=v2 b=v3]
  v7 = CompareFloat v5, v6, <
  v8 = Not v7
  DecRef v2 [@2 a=v8]
  DecRef v3 [@2 a=v8]
  v9 = BoxBool v8
  IncRef v9
  Return v9
)");
  auto run = [&](int64_t a, double b) {
    return f.Run({PyLong_FromLongLong(a), PyFloat_FromDouble(b)});
  };
  EXPECT_EQ(run(1, 2), "False");
  EXPECT_EQ(run(2, 2), "True");
  EXPECT_EQ(run(2, NAN), "True");
  EXPECT_EQ(run(1L << 53, 2), "True");
  EXPECT_EQ(run(-(1L << 53), 2), "False");
  EXPECT_TRUE(run((1L << 53) + 1, 2).starts_with("failed IntToFloat"));
  EXPECT_TRUE(run(-(1L << 53) - 1, 2).starts_with("failed IntToFloat"));
}

// --- Frames -----------------------------------------------------------------

TEST(LoweringTest, StatesKnowBoxesThatExistNowhere) {
  Compiled f(R"(
function f(x), 3 temporaries
unit g(n), 1 temporaries
b0:
  v0 = TakeReg x
  v1: object = GuardFull v0 [@1 x=v0]
  v2 = UnboxInt v1 [@1 x=v1]
  v3 = ConstInt 7
  v4 = ConstInt 70000
  v5 = CompareInt v2, v3, <
  v6 = BoxBool v5
  v7 = Const 'c'
  Deopt [@5 n=v2 t0=v4 in g of v7; @3 x=v1 t0=lent v6 t1=v3 t2=lent v7]
)");
  EXPECT_EQ(f.Ints({5}),
            "failed Deopt @3 5 bool True 7 'c' @5 int 5 int 70000");
  const Site& site = *f.code().sites.back();
  ASSERT_EQ(site.frames.size(), 2u);
  EXPECT_TRUE(site.frames[0].slots[0].owned);
  EXPECT_EQ(site.frames[1].function.where, Location::kConstant);
}

TEST(LoweringTest, CallsSeeAndRaise) {
  Compiled f(R"(
function f(x, y), 1 temporaries
b0:
  v0 = TakeReg x
  v1 = TakeReg y
  v2: object = GuardFull v0 [@1 x=v0 y=v1]
  v3: object = GuardFull v1 [@1 x=v2 y=v1]
  v4 = Call v2, v3 [@2 x=v2 y=v3]
  Unobserved [@3 x=v2 y=v3 t0=v4]
  v5 = Binary v4, v3, + [@4 x=v2 y=v3 t0=lent v4]
  DecRef v4 [@4 x=v2 y=v3]
  DecRef v2 [@5 y=v3 t0=v5]
  DecRef v3 [@5 t0=v5]
  Return v5
)");
  PyObject* space = RunPython("def twice(x): return x + x\n");
  PyObject* twice = PyDict_GetItemString(space, "twice");
  Py_INCREF(twice);
  EXPECT_EQ(f.Run({twice, PyLong_FromLong(4)}), "12");
  EXPECT_EQ(f.Run({PyLong_FromLong(4), PyLong_FromLong(5)}),
            "raised Call @2 4 5 -: TypeError");
  Py_INCREF(&PyUnicode_Type);
  EXPECT_EQ(
      f.Run({reinterpret_cast<PyObject*>(&PyUnicode_Type), PyLong_FromLong(5)}),
      "raised Binary @4 <class 'str'> 5 '5': TypeError");
  Py_DECREF(space);
}

TEST(LoweringTest, HandlersRunOnRegisters) {
  for (int instr : {8, 9}) {
    std::string n = std::to_string(instr);
    Compiled f(
        "function f(x, y), 0 temporaries\nb0:\n  v0 = TakeReg x\n"
        "  v1 = TakeReg y\n  PutReg v0, x\n  PutReg v1, y\n  RunHandler @" +
        n + " [@" + n + "]\n  v2 = TakeReg x\n  v3 = TakeReg y\n" +
        "  v4: object = GuardFull v2 [@10 x=v2 y=v3]\n"
        "  XDecRef v3 [@11 x=v4]\n  Return v4\n");
    EXPECT_EQ(f.Ints({1, 2}),
              instr == 8 ? "2" : "raised RunHandler @9 - -: ValueError");
  }
}

// --- Objects ----------------------------------------------------------------

TEST(LoweringTest, LoadsAndStoresInlineValues) {
  Compiled f(R"(
function f(o, v), 1 temporaries
b0:
  v0 = TakeReg o
  v1 = TakeReg v
  v2: object = GuardFull v0 [@1 o=v0 v=v1]
  v3: object = GuardFull v1 [@1 o=v2 v=v1]
  v4 = LoadInline v2, 0 [@2 o=v2 v=v3]
  IncRef v4
  v5 = StoreInline v2, v3, 1 [@3 o=v2 v=v3 t0=v4]
  XDecRef v5 [@3 o=v2 t0=v4]
  DecRef v2 [@4 t0=v4]
  Return v4
)");
  PyObject* o = Evaluate(
      "class C:\n  def __init__(s): s.a = 'A'\n"
      "C().b = 0\no = C()\nd = C()\nd.__dict__\n",
      "o");
  Py_INCREF(o);
  EXPECT_EQ(f.Run({o, PyLong_FromLong(5)}), "A");
  PyObject* b = PyObject_GetAttrString(o, "b");
  EXPECT_EQ(Repr(b), "5");
  Py_DECREF(b);
  Py_INCREF(o);
  EXPECT_EQ(f.Run({o, PyLong_FromLong(1000)}), "A");
  PyObject* dict = PyObject_GetAttrString(o, "__dict__");
  EXPECT_EQ(Repr(dict), "{'a': 'A', 'b': 1000}");
  Py_DECREF(dict);
  // The values have moved to the dict.
  std::string text = f.Run({o, PyLong_FromLong(5)});
  EXPECT_TRUE(text.starts_with("failed LoadInline @2 <")) << text;
}

TEST(LoweringTest, ListsTuplesAndLoops) {
  // Sum of list[i] for i in range(-2, len), times a tuple's last item; stores
  // the index.
  Compiled f(R"(
function f(l, t, r), 1 temporaries
b0:
  v0 = TakeReg l
  v1 = TakeReg t
  v2 = TakeReg r
  v3: object list = GuardType v0, list [@1 l=v0 t=v1 r=v2]
  v4: object tuple = GuardType v1, tuple [@1 l=v3 t=v1 r=v2]
  v5: object range_iterator = GuardType v2, range_iterator [@1 l=v3 t=v4 r=v2]
  v6 = ConstInt 0
  v7 = ConstInt -1
  v8 = TupleItem v4, v7 [@2 l=v3 t=v4 r=v5]
  v9 = UnboxInt v8 [@2 l=v3 t=v4 r=v5]
  Jump b1
b1: from b0 b2, loop header [@3 l=v3 t=v4 r=v5 t0=v10]
  v10: int = Phi v6, v16
  v11 = RangeMore v5
  Branch v11, b2, b3
b2: from b1
  v12 = RangeNext v5
  v13 = ListItem v3, v12 [@4 l=v3 t=v4 r=v5 t0=v10]
  v14 = UnboxInt v13 [@4 l=v3 t=v4 r=v5 t0=v10]
  v15 = MulInt v14, v9 [@4 l=v3 t=v4 r=v5 t0=v10]
  v16 = AddInt v10, v15 [@4 l=v3 t=v4 r=v5 t0=v10]
  v17 = BoxInt v12
  v18 = SetListItem v3, v12, v17 [@4 l=v3 t=v4 r=v5 t0=v10]
  DecRef v18 [@4 l=v3 t=v4 r=v5 t0=v16]
  Jump b1
b3: from b1
  DecRef v3 [@5 t=v4 r=v5 t0=v10]
  DecRef v4 [@5 r=v5 t0=v10]
  DecRef v5 [@5 t0=v10]
  v19 = BoxInt v10
  Return v19
)");
  PyObject* list = Evaluate("l = [10, 20, 30, 40]\n", "l");
  auto run = [&](const char* range) {
    return f.Run({Py_NewRef(list), Evaluate("t = (1, 100)\n", "t"),
                  Evaluate(std::string("r = iter(") + range + ")\n", "r")});
  };
  EXPECT_EQ(run("range(4)"), "10000");
  EXPECT_EQ(Repr(list), "[0, 1, 2, 3]");
  EXPECT_EQ(run("range(-4, 0)"), "600");
  EXPECT_EQ(Repr(list), "[-4, -3, -2, -1]");
  std::string text = run("range(2, 9)");
  EXPECT_TRUE(text.starts_with("failed ListItem @4 [-4, -3, 2, 3] (1, 100) <"))
      << text;
  Py_DECREF(list);
}

TEST(LoweringTest, IteratesOverLists) {
  // [x for x in list] while it grows.
  Compiled f(R"(
function f(l, it), 0 temporaries
b0:
  v0 = TakeReg l
  v1 = TakeReg it
  v2: object list = GuardType v0, list [@1 l=v0 it=v1]
  v3: object list_iterator = GuardType v1, list_iterator [@1 l=v2 it=v1]
  Jump b1
b1: from b0 b2, loop header [@3 l=v2 it=v3]
  v4 = ListIterMore v3
  Branch v4, b2, b3
b2: from b1
  v5 = ListIterNext v3
  IncRef v5
  AppendList v2, v5 [@4 l=v2 it=v3]
  Jump b1
b3: from b1
  DecRef v3 [@5 l=v2]
  Return v2
)");
  PyObject* list = Evaluate("l = [1, 2, 3]\n", "l");
  PyObject* other = Evaluate("l = [7]*20\n", "l");
  PyObject* it = PyObject_GetIter(other);
  EXPECT_EQ(f.Run({Py_NewRef(list), Py_NewRef(it)}),
            "[1, 2, 3, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, "
            "7, 7]");
  // It has ended for good.
  PyList_Append(other, Py_None);
  EXPECT_EQ(PyIter_Next(it), nullptr);
  EXPECT_EQ(PyList_GET_SIZE(f.Call({list, it})), 23);
  Py_DECREF(list);
  Py_DECREF(other);
}

}  // namespace
}  // namespace pyvm::llvm_tier
