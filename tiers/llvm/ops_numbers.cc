// Constants, boxes, and arithmetic without them.
#include <bit>
#include <cmath>

#include "core/runtime/number.h"
#include "core/runtime/object.h"
#include "tiers/llvm/lowering_context.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {
namespace {

using llvm::Value;

// The constant that a value is, if it is one.
const llvm::ConstantInt* Known(Value* value) {
  return llvm::dyn_cast<llvm::ConstantInt>(value);
}

constexpr int64_t kDigit0 = offsetof(PyLongObject, ob_digit);
constexpr int64_t kDigit1 = kDigit0 + static_cast<int64_t>(sizeof(digit));

// sum, difference or product, which must not overflow.
Value* Checked(Lowering& l, const ir::Node& n, llvm::Intrinsic::ID intrinsic,
               Value* left, Value* right) {
  Value* both = l.b.CreateBinaryIntrinsic(intrinsic, left, right);
  l.Guard(n, l.b.CreateNot(l.b.CreateExtractValue(both, 1)));
  return l.b.CreateExtractValue(both, 0);
}

}  // namespace

// --- Constants --------------------------------------------------------------

Value* LowerConst(Lowering& l, const ir::Node& n) { return l.Address(n.ptr); }
Value* LowerKnown(Lowering& l, const ir::Node& n) { return l.Address(n.ptr); }
Value* LowerNull(Lowering& l, const ir::Node&) { return l.Null(); }
Value* LowerConstInt(Lowering& l, const ir::Node& n) { return l.Int(n.imm); }
Value* LowerConstFloat(Lowering& l, const ir::Node& n) {
  return llvm::ConstantFP::get(l.f64, std::bit_cast<double>(n.imm));
}
Value* LowerConstBool(Lowering& l, const ir::Node& n) {
  return l.b.getInt1(n.imm != 0);
}

// --- Unboxing ---------------------------------------------------------------

Value* LowerUnboxInt(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  if (!l.IsExactly(n.inputs[0], &PyLong_Type)) {
    l.Guard(n, l.HasType(o, &PyLong_Type));
  }
  llvm::BasicBlock* done = llvm::BasicBlock::Create(l.context, "unboxed");
  Value* size = l.Load(l.i64, o, offsetof(PyVarObject, ob_size), Mem::kSize);
  Value* low = l.b.CreateZExt(l.Load(l.i32, o, kDigit0, Mem::kDigit), l.i64);
  // Of one digit or none: the sign is the size.
  Value* one = l.b.CreateMul(size, low);
  llvm::BasicBlock* begin = l.b.GetInsertBlock();
  llvm::BasicBlock* wide = l.NewBlock("wide");
  l.Branch(l.b.CreateICmpULT(l.b.CreateAdd(size, l.Int(1)), l.Int(3)), done,
           wide, Lowering::kLikely);

  l.Begin(wide);
  llvm::BasicBlock* two = l.NewBlock("two");
  llvm::BasicBlock* more = l.NewBlock("more");
  Value* magnitude_size =
      l.b.CreateBinaryIntrinsic(llvm::Intrinsic::abs, size, l.b.getFalse());
  l.Branch(l.b.CreateICmpEQ(magnitude_size, l.Int(2)), two, more);

  l.Begin(two);
  Value* high = l.b.CreateZExt(l.Load(l.i32, o, kDigit1, Mem::kDigit), l.i64);
  Value* magnitude =
      l.b.CreateOr(low, l.b.CreateShl(high, l.Int(PyLong_SHIFT)));
  Value* two_digits = l.b.CreateSelect(l.b.CreateICmpSLT(size, l.Int(0)),
                                       l.b.CreateNeg(magnitude), magnitude);
  l.b.CreateBr(done);

  // Three digits may still fit.
  l.Begin(more);
  llvm::CallInst* call =
      l.ColdCall(reinterpret_cast<const void*>(pyvm_llvm_wide_int),
                 llvm::StructType::get(l.i64, l.i64), {o});
  call->setOnlyReadsMemory();
  Value* any = l.b.CreateExtractValue(call, 0);
  l.Branch(l.b.CreateICmpNE(l.b.CreateExtractValue(call, 1), l.Int(0)), done,
           l.Failed(n), Lowering::kLikely);

  done->insertInto(begin->getParent());
  l.Begin(done);
  llvm::PHINode* value = l.b.CreatePHI(l.i64, 3);
  value->addIncoming(one, begin);
  value->addIncoming(two_digits, two);
  value->addIncoming(any, more);
  return value;
}

Value* LowerUnboxFloat(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  if (!l.IsExactly(n.inputs[0], &PyFloat_Type)) {
    l.Guard(n, l.HasType(o, &PyFloat_Type));
  }
  return l.Load(l.f64, o, offsetof(PyFloatObject, ob_fval), Mem::kDouble);
}

Value* LowerUnboxBool(Lowering& l, const ir::Node& n) {
  Value* is_true = l.b.CreateICmpEQ(l.In(n, 0), l.Address(Py_True));
  Value* is_false = l.b.CreateICmpEQ(l.In(n, 0), l.Address(Py_False));
  l.Guard(n, l.b.CreateOr(is_true, is_false));
  return is_true;
}

// --- Boxing -----------------------------------------------------------------

Value* LowerBoxFloat(Lowering& l, const ir::Node& n) {
  constexpr int64_t kState = offsetof(PyInterpreterState, float_state);
  constexpr int64_t kList = kState + offsetof(_Py_float_state, free_list);
  constexpr int64_t kCount = kState + offsetof(_Py_float_state, numfree);
  llvm::BasicBlock* reuse = l.NewBlock("reuse");
  llvm::BasicBlock* slow = l.NewBlock("slow");
  llvm::BasicBlock* done = l.NewBlock("boxed");
  Value* interp = l.Interp();
  Value* head = l.Load(l.ptr, interp, kList, Mem::kFreeList);
  l.Branch(l.NotNull(head), reuse, slow, Lowering::kLikely);

  l.Begin(reuse);
  l.Store(l.TypeOf(head), interp, kList, Mem::kFreeList);
  Value* count = l.Load(l.i32, interp, kCount, Mem::kFreeList);
  l.Store(l.b.CreateSub(count, l.b.getInt32(1)), interp, kCount,
          Mem::kFreeList);
  l.Store(l.Address(&PyFloat_Type), head, offsetof(PyObject, ob_type),
          Mem::kType);
  l.Store(l.Int(1), head, offsetof(PyObject, ob_refcnt), Mem::kRefcount);
  l.Store(l.In(n, 0), head, offsetof(PyFloatObject, ob_fval), Mem::kDouble);
  l.b.CreateBr(done);

  l.Begin(slow);
  llvm::CallInst* made = l.ColdCall(
      reinterpret_cast<const void*>(pyvm_llvm_new_float), l.ptr, {l.In(n, 0)});
  made->setOnlyAccessesInaccessibleMemory();
  l.b.CreateBr(done);

  l.Begin(done);
  llvm::PHINode* box = l.b.CreatePHI(l.ptr, 2);
  box->addIncoming(head, reuse);
  box->addIncoming(made, slow);
  return box;
}

namespace {

// Takes an int from the free list for a value that is no small one.
void FillInt(Lowering& l, Value* box, Value* negative, Value* magnitude) {
  Value* list = l.Address(&int_free_list);
  l.Store(l.TypeOf(box), list, offsetof(IntFreeList, head), Mem::kFreeList);
  Value* room =
      l.Load(l.i32, list, offsetof(IntFreeList, room), Mem::kFreeList);
  l.Store(l.b.CreateAdd(room, l.b.getInt32(1)), list,
          offsetof(IntFreeList, room), Mem::kFreeList);
  l.Store(l.Address(&PyLong_Type), box, offsetof(PyObject, ob_type),
          Mem::kType);
  l.Store(l.Int(1), box, offsetof(PyObject, ob_refcnt), Mem::kRefcount);
  Value* low =
      l.b.CreateTrunc(l.b.CreateAnd(magnitude, l.Int(PyLong_MASK)), l.i32);
  l.Store(low, box, kDigit0, Mem::kDigit);
  Value* size = l.Int(1);
  if (int_free_list.digits == 2) {
    // There is room: whether the digit counts, the size says.
    Value* high = l.b.CreateLShr(magnitude, l.Int(PyLong_SHIFT));
    l.Store(l.b.CreateTrunc(high, l.i32), box, kDigit1, Mem::kDigit);
    size = l.b.CreateSelect(l.b.CreateICmpNE(high, l.Int(0)), l.Int(2), size);
  }
  l.Store(l.b.CreateSelect(negative, l.b.CreateNeg(size), size), box,
          offsetof(PyVarObject, ob_size), Mem::kSize);
}

}  // namespace

Value* LowerBoxInt(Lowering& l, const ir::Node& n) {
  Value* value = l.In(n, 0);
  llvm::BasicBlock* small = l.NewBlock("small");
  llvm::BasicBlock* fresh = l.NewBlock("fresh");
  llvm::BasicBlock* fits = l.NewBlock("fits");
  llvm::BasicBlock* slow = l.NewBlock("slow");
  llvm::BasicBlock* done = l.NewBlock("boxed");
  Value* shifted = l.b.CreateAdd(value, l.Int(_PY_NSMALLNEGINTS));
  l.Branch(
      l.b.CreateICmpULT(shifted, l.Int(_PY_NSMALLNEGINTS + _PY_NSMALLPOSINTS)),
      small, fresh);

  l.Begin(small);
  static_assert(sizeof(PyLongObject) == 32);
  Value* shared = l.b.CreateGEP(l.i8, l.Address(&_Py_SINGLETON(small_ints)),
                                l.b.CreateShl(shifted, l.Int(5)));
  l.IncRef(shared);
  l.b.CreateBr(done);

  l.Begin(fresh);
  Value* magnitude =
      l.b.CreateBinaryIntrinsic(llvm::Intrinsic::abs, value, l.b.getFalse());
  Value* head = l.Load(l.ptr, l.Address(&int_free_list),
                       offsetof(IntFreeList, head), Mem::kFreeList);
  unsigned bits = int_free_list.digits * PyLong_SHIFT;
  Value* in_room = l.b.CreateICmpULT(magnitude, l.Int(int64_t{1} << bits));
  l.Branch(l.b.CreateAnd(l.NotNull(head), in_room), fits, slow,
           Lowering::kLikely);

  l.Begin(fits);
  FillInt(l, head, l.b.CreateICmpSLT(value, l.Int(0)), magnitude);
  l.b.CreateBr(done);

  l.Begin(slow);
  llvm::CallInst* made = l.ColdCall(
      reinterpret_cast<const void*>(pyvm_llvm_new_int), l.ptr, {value});
  made->setOnlyAccessesInaccessibleMemory();
  l.b.CreateBr(done);

  l.Begin(done);
  llvm::PHINode* box = l.b.CreatePHI(l.ptr, 3);
  box->addIncoming(shared, small);
  box->addIncoming(head, fits);
  box->addIncoming(made, slow);
  return box;
}

Value* LowerBoxBool(Lowering& l, const ir::Node& n) {
  return l.b.CreateSelect(l.In(n, 0), l.Address(Py_True), l.Address(Py_False));
}

Value* LowerBoolToInt(Lowering& l, const ir::Node& n) {
  return l.b.CreateZExt(l.In(n, 0), l.i64);
}

Value* LowerFloatToInt(Lowering& l, const ir::Node& n) {
  Value* value = l.In(n, 0);
  // 2**63 is a float, and no number between it and the largest int is; NaN is
  // in no range.
  constexpr double kEnd = 9223372036854775808.0;
  Value* fits = l.b.CreateAnd(
      l.b.CreateFCmpOGE(value, llvm::ConstantFP::get(l.f64, -kEnd)),
      l.b.CreateFCmpOLT(value, llvm::ConstantFP::get(l.f64, kEnd)));
  l.Guard(n, fits);
  return l.b.CreateFPToSI(value, l.i64);
}

Value* LowerIntToFloat(Lowering& l, const ir::Node& n) {
  constexpr int64_t kExact = int64_t{1} << 53;
  Value* value = l.In(n, 0);
  l.Guard(n, l.b.CreateICmpULE(l.b.CreateAdd(value, l.Int(kExact)),
                               l.Int(2 * kExact)));
  return l.b.CreateSIToFP(value, l.f64);
}

// --- Ints -------------------------------------------------------------------

Value* LowerAddInt(Lowering& l, const ir::Node& n) {
  return Checked(l, n, llvm::Intrinsic::sadd_with_overflow, l.In(n, 0),
                 l.In(n, 1));
}
Value* LowerSubInt(Lowering& l, const ir::Node& n) {
  return Checked(l, n, llvm::Intrinsic::ssub_with_overflow, l.In(n, 0),
                 l.In(n, 1));
}
Value* LowerMulInt(Lowering& l, const ir::Node& n) {
  return Checked(l, n, llvm::Intrinsic::smul_with_overflow, l.In(n, 0),
                 l.In(n, 1));
}
Value* LowerAbsInt(Lowering& l, const ir::Node& n) {
  Value* value = l.In(n, 0);
  l.Guard(n, l.b.CreateICmpNE(value, l.Int(INT64_MIN)));
  return l.b.CreateBinaryIntrinsic(llvm::Intrinsic::abs, value, l.b.getTrue());
}

Value* LowerNegInt(Lowering& l, const ir::Node& n) {
  return Checked(l, n, llvm::Intrinsic::ssub_with_overflow, l.Int(0),
                 l.In(n, 0));
}

namespace {

struct Division {
  Value* quotient;
  Value* remainder;
};

// Rounded down, by a divisor that is not 0.
Division DivideKnown(Lowering& l, Value* a, int64_t by) {
  Value* divisor = l.Int(by);
  if (by > 0 && std::has_single_bit(static_cast<uint64_t>(by))) {
    int shift = std::countr_zero(static_cast<uint64_t>(by));
    return {l.b.CreateAShr(a, l.Int(shift)), l.b.CreateAnd(a, l.Int(by - 1))};
  }
  Value* q = l.b.CreateSDiv(a, divisor);
  Value* r = l.b.CreateSub(a, l.b.CreateMul(q, divisor));
  if (by > 0) {  // all ones where the remainder is negative
    Value* sign = l.b.CreateAShr(r, l.Int(63));
    return {l.b.CreateAdd(q, sign),
            l.b.CreateAdd(r, l.b.CreateAnd(sign, divisor))};
  }
  Value* above = l.b.CreateICmpSGT(r, l.Int(0));
  return {l.b.CreateSub(q, l.b.CreateZExt(above, l.i64)),
          l.b.CreateSelect(above, l.b.CreateAdd(r, divisor), r)};
}

Division Divide(Lowering& l, const ir::Node& n, bool quotient) {
  Value* a = l.In(n, 0);
  Value* by = l.In(n, 1);
  if (auto* known = Known(by)) {
    int64_t value = known->getSExtValue();
    if (value != 0 && value != -1) return DivideKnown(l, a, value);
  }
  l.Guard(n, l.b.CreateICmpNE(by, l.Int(0)));
  // -2**63 by -1 has no quotient, and the processor no remainder.
  Value* least = l.b.CreateICmpEQ(a, l.Int(INT64_MIN));
  Value* minus_one = l.b.CreateICmpEQ(by, l.Int(-1));
  l.Guard(n, l.b.CreateNot(l.b.CreateAnd(least, minus_one)));
  Value* q = quotient ? l.b.CreateSDiv(a, by) : nullptr;
  Value* r = l.b.CreateSRem(a, by);
  Value* other_sign = l.b.CreateICmpSLT(l.b.CreateXor(r, by), l.Int(0));
  Value* adjust = l.b.CreateAnd(l.b.CreateICmpNE(r, l.Int(0)), other_sign);
  if (quotient) {
    return {l.b.CreateSub(q, l.b.CreateZExt(adjust, l.i64)), nullptr};
  }
  return {nullptr, l.b.CreateSelect(adjust, l.b.CreateAdd(r, by), r)};
}

}  // namespace

Value* LowerFloorDivInt(Lowering& l, const ir::Node& n) {
  return Divide(l, n, true).quotient;
}
Value* LowerModInt(Lowering& l, const ir::Node& n) {
  return Divide(l, n, false).remainder;
}

Value* LowerAndInt(Lowering& l, const ir::Node& n) {
  return l.b.CreateAnd(l.In(n, 0), l.In(n, 1));
}
Value* LowerOrInt(Lowering& l, const ir::Node& n) {
  return l.b.CreateOr(l.In(n, 0), l.In(n, 1));
}
Value* LowerXorInt(Lowering& l, const ir::Node& n) {
  return l.b.CreateXor(l.In(n, 0), l.In(n, 1));
}

Value* LowerLshiftInt(Lowering& l, const ir::Node& n) {
  Value* a = l.In(n, 0);
  Value* by = l.In(n, 1);
  l.Guard(n, l.b.CreateICmpULT(by, l.Int(64)));
  Value* value = l.b.CreateShl(a, by);
  l.Guard(n, l.b.CreateICmpEQ(l.b.CreateAShr(value, by), a));
  return value;
}

Value* LowerRshiftInt(Lowering& l, const ir::Node& n) {
  Value* by = l.In(n, 1);
  l.Guard(n, l.b.CreateICmpSGE(by, l.Int(0)));
  Value* most = l.b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, by, l.Int(63));
  return l.b.CreateAShr(l.In(n, 0), most);
}

Value* LowerCompareInt(Lowering& l, const ir::Node& n) {
  using P = llvm::CmpInst::Predicate;
  constexpr P kPredicates[] = {P::ICMP_SLT, P::ICMP_SLE, P::ICMP_EQ,
                               P::ICMP_NE,  P::ICMP_SGT, P::ICMP_SGE};
  return l.b.CreateICmp(kPredicates[n.imm], l.In(n, 0), l.In(n, 1));
}

Value* LowerBinaryBig(Lowering& l, const ir::Node& n) {
  Value* result = l.Call(
      reinterpret_cast<const void*>(pyvm_llvm_binary_big), l.ptr,
      {l.In(n, 0), l.In(n, 1), l.b.getInt32(static_cast<uint32_t>(n.imm))});
  l.Guard(n, l.NotNull(result));
  return result;
}

Value* LowerCompareBig(Lowering& l, const ir::Node& n) {
  llvm::CallInst* result = l.Call(
      reinterpret_cast<const void*>(pyvm_llvm_compare_big), l.i32,
      {l.In(n, 0), l.In(n, 1), l.b.getInt32(static_cast<uint32_t>(n.imm))});
  result->setOnlyReadsMemory();
  return l.b.CreateICmpNE(result, l.b.getInt32(0));
}

// --- Floats -----------------------------------------------------------------

Value* LowerAddFloat(Lowering& l, const ir::Node& n) {
  return l.b.CreateFAdd(l.In(n, 0), l.In(n, 1));
}
Value* LowerSubFloat(Lowering& l, const ir::Node& n) {
  return l.b.CreateFSub(l.In(n, 0), l.In(n, 1));
}
Value* LowerMulFloat(Lowering& l, const ir::Node& n) {
  return l.b.CreateFMul(l.In(n, 0), l.In(n, 1));
}
Value* LowerDivFloat(Lowering& l, const ir::Node& n) {
  // A NaN is no zero.
  l.Guard(n, l.b.CreateFCmpUNE(l.In(n, 1), llvm::ConstantFP::get(l.f64, 0)));
  return l.b.CreateFDiv(l.In(n, 0), l.In(n, 1));
}
Value* LowerAbsFloat(Lowering& l, const ir::Node& n) {
  return l.b.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, l.In(n, 0));
}

Value* LowerNegFloat(Lowering& l, const ir::Node& n) {
  return l.b.CreateFNeg(l.In(n, 0));
}
Value* LowerSqrtFloat(Lowering& l, const ir::Node& n) {
  l.Guard(n, l.b.CreateFCmpOGE(l.In(n, 0), llvm::ConstantFP::get(l.f64, 0)));
  return l.b.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, l.In(n, 0));
}

// As float_pow does it where it neither raises nor makes a complex number.
Value* LowerPowFloat(Lowering& l, const ir::Node& n) {
  Value* base = l.In(n, 0);
  Value* exponent = l.In(n, 1);
  auto number = [&](double x) { return llvm::ConstantFP::get(l.f64, x); };
  auto is_finite = [&](Value* x) {
    Value* size = l.b.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x);
    return l.b.CreateFCmpOLT(size, number(HUGE_VAL));
  };
  const ir::Node* known = n.inputs[1];
  double power =
      known->op == ir::Op::kConstFloat ? std::bit_cast<double>(known->imm) : -1;
  if (power > 0 && power < 1e9 && power == std::floor(power)) {
    l.Guard(n, is_finite(base));
  } else {
    l.Guard(n,
            l.b.CreateAnd(l.b.CreateFCmpOGT(base, number(0)),
                          l.b.CreateAnd(is_finite(base), is_finite(exponent))));
  }
  double (*function)(double, double) = std::pow;
  llvm::CallInst* result =
      l.Call(reinterpret_cast<const void*>(function), l.f64, {base, exponent});
  result->setDoesNotAccessMemory();
  l.Guard(n, is_finite(result));
  return result;
}

Value* LowerCompareFloat(Lowering& l, const ir::Node& n) {
  using P = llvm::CmpInst::Predicate;
  constexpr P kPredicates[] = {P::FCMP_OLT, P::FCMP_OLE, P::FCMP_OEQ,
                               P::FCMP_UNE, P::FCMP_OGT, P::FCMP_OGE};
  return l.b.CreateFCmp(kPredicates[n.imm], l.In(n, 0), l.In(n, 1));
}

// --- Bools ------------------------------------------------------------------

Value* LowerNot(Lowering& l, const ir::Node& n) {
  return l.b.CreateNot(l.In(n, 0));
}
Value* LowerIsSame(Lowering& l, const ir::Node& n) {
  return l.b.CreateICmpEQ(l.In(n, 0), l.In(n, 1));
}

namespace {

// A str whose characters can be compared as a few numbers.
bool IsShortAscii(const ir::Node* node) {
  constexpr Py_ssize_t kLongest = 16;
  if (node->op != ir::Op::kConst) return false;
  PyObject* o = node->object();
  return PyUnicode_CheckExact(o) && PyUnicode_IS_COMPACT_ASCII(o) &&
         PyUnicode_GET_LENGTH(o) > 0 && PyUnicode_GET_LENGTH(o) <= kLongest;
}

// Whether `o`, which has as many characters of one byte, has those of `text`.
Value* HasText(Lowering& l, Value* o, PyObject* text) {
  auto size = static_cast<size_t>(PyUnicode_GET_LENGTH(text));
  auto* data = static_cast<const char*>(PyUnicode_DATA(text));
  size_t width = size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1;
  llvm::IntegerType* type = l.b.getIntNTy(static_cast<unsigned>(8 * width));
  // The two may overlap.
  auto differs_at = [&](size_t at) {
    uint64_t wanted = 0;
    std::memcpy(&wanted, data + at, width);
    auto offset = static_cast<int64_t>(sizeof(PyASCIIObject) + at);
    llvm::LoadInst* has = l.Load(type, o, offset, Mem::kItem);
    has->setAlignment(llvm::Align(1));
    return l.b.CreateXor(has, llvm::ConstantInt::get(type, wanted));
  };
  Value* differs = differs_at(0);
  if (size != width) differs = l.b.CreateOr(differs, differs_at(size - width));
  return l.b.CreateICmpEQ(differs, llvm::ConstantInt::get(type, 0));
}

// Whether it is stored as HasText reads it.
Value* IsCompactAscii(Lowering& l, Value* o) {
  decltype(PyASCIIObject::state) wanted = {};
  wanted.kind = PyUnicode_1BYTE_KIND;
  wanted.compact = wanted.ascii = wanted.ready = 1;
  decltype(PyASCIIObject::state) asked = {};
  asked.kind = 7;
  asked.compact = asked.ascii = asked.ready = 1;
  uint32_t want, mask;
  std::memcpy(&want, &wanted, sizeof want);
  std::memcpy(&mask, &asked, sizeof mask);
  Value* state = l.Load(l.i32, o, offsetof(PyASCIIObject, state), Mem::kItem);
  return l.b.CreateICmpEQ(l.b.CreateAnd(state, l.b.getInt32(mask)),
                          l.b.getInt32(want));
}

}  // namespace

Value* LowerEqualStr(Lowering& l, const ir::Node& n) {
  Value* a = l.In(n, 0);
  Value* b = l.In(n, 1);
  llvm::BasicBlock* done = l.NewBlock("compared");
  std::vector<std::pair<Value*, llvm::BasicBlock*>> results;
  auto end = [&](Value* result) {
    results.emplace_back(result, l.b.GetInsertBlock());
  };
  // Goes on where the answer is not known yet.
  auto unless = [&](Value* known, bool answer) {
    llvm::BasicBlock* next = l.NewBlock("look");
    end(l.b.getInt1(answer));
    l.Branch(known, done, next);
    l.Begin(next);
  };
  unless(l.b.CreateICmpEQ(a, b), true);
  int constant = IsShortAscii(n.inputs[0])   ? 0
                 : IsShortAscii(n.inputs[1]) ? 1
                                             : -1;
  if (constant >= 0) {
    Value* other = constant == 0 ? b : a;
    PyObject* text = n.inputs[static_cast<size_t>(constant)]->object();
    llvm::BasicBlock* read = l.NewBlock("read");
    llvm::BasicBlock* ask = l.NewBlock("ask");
    l.Branch(IsCompactAscii(l, other), read, ask, Lowering::kLikely);
    l.Begin(read);
    Value* length =
        l.Load(l.i64, other, offsetof(PyASCIIObject, length), Mem::kItem);
    unless(l.b.CreateICmpNE(length, l.Int(PyUnicode_GET_LENGTH(text))), false);
    end(HasText(l, other, text));
    l.b.CreateBr(done);
    l.Begin(ask);
  }
  Value* equal =
      l.Call(reinterpret_cast<const void*>(pyvm_llvm_equal_str), l.i32, {a, b});
  end(l.b.CreateICmpNE(equal, l.b.getInt32(0)));
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result =
      l.b.CreatePHI(l.i1, static_cast<unsigned>(results.size()));
  for (const auto& [value, from] : results) result->addIncoming(value, from);
  return result;
}

}  // namespace pyvm::llvm_tier
