// Unwinding through machine code: C++ exceptions, and what registers are
// restored to.
#include <unwind.h>

#include <stdexcept>
#include <vector>

#include "core/code/frame_layout.h"
#include "core/code/test_code.h"
#include "gtest/gtest.h"

// Of libgcc's unwind-dw2-fde.h, which is not installed.
extern "C" {
struct dwarf_eh_bases {
  void* tbase;
  void* dbase;
  void* func;
};
const void* _Unwind_Find_FDE(void* pc, dwarf_eh_bases* bases);
}

namespace pyvm {
namespace {

constexpr size_t kReserve = size_t{32} << 20;

struct Frame {
  uint64_t pc, rbx;
};
std::vector<Frame> frames;

uint64_t NoteFrames(uint64_t argument) {
  frames.clear();
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void*) {
        frames.push_back(
            {_Unwind_GetIP(context),
             _Unwind_GetGR(context, static_cast<int>(DwarfRegister::kRbx))});
        return _URC_NO_REASON;
      },
      nullptr);
  return argument;
}

uint64_t Throw(uint64_t argument) {
  if (argument == 0) throw std::runtime_error("thrown");
  return argument;
}

// A second frame of machine code below the first.
const uint8_t* inner;
uint64_t CallInner(uint64_t argument) {
  return RunCaller(inner, NoteFrames, argument);
}

class UnwindTest : public testing::Test {
 protected:
  CodeMemory memory_{{.reserve = kReserve}};
};

TEST_F(UnwindTest, AnExceptionPasses) {
  FrameLayout layout = TestLayout();
  CodeZone zone = memory_.AddZone("test", &layout).value();
  CodeBlock block = CallerCode().Install(&memory_, zone);
  EXPECT_EQ(RunCaller(block.exec, Throw, 5), 6u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(RunCaller(block.exec, Throw, 0), std::runtime_error);
  }
  // The same entry stands for blocks to come.
  memory_.Free(block.exec);
  memory_.Allocate(5000, zone).value();
  block = CallerCode().Install(&memory_, zone);
  EXPECT_THROW(RunCaller(block.exec, Throw, 0), std::runtime_error);
}

TEST_F(UnwindTest, SavedRegistersAreFound) {
  FrameLayout layout = TestLayout();
  CodeZone zone = memory_.AddZone("test", &layout).value();
  CallerCode outer_code(0x1111);
  CodeBlock outer = outer_code.Install(&memory_, zone);
  inner = CallerCode(0x2222).Install(&memory_, zone).exec;
  ASSERT_EQ(RunCaller(outer.exec, CallInner, 7), 9u);
  int seen = 0;
  for (const Frame& frame : frames) {
    auto pc = reinterpret_cast<const uint8_t*>(frame.pc);
    if (pc == inner + outer_code.call_end) {
      EXPECT_EQ(frame.rbx, 0x2222u);
      ++seen;
    } else if (pc == outer.exec + outer_code.call_end) {
      EXPECT_EQ(frame.rbx, 0x1111u);
      ++seen;
    }
  }
  EXPECT_EQ(seen, 2);
  EXPECT_GT(frames.size(), 5u) << "main is below";
}

// `sub rsp, 8; call rdi with rsi; add rsp, 8; ret`
class BareCode : public TestCode {
 public:
  BareCode() {
    sub(rsp, 8);
    mov(rax, rdi);
    mov(rdi, rsi);
    call(rax);
    add(rsp, 8);
    ret();
  }
};

TEST_F(UnwindTest, FramesWithoutAFramePointer) {
  FrameLayout layout = {.rbp_frame = false, .cfa_from_rsp = 16};
  CodeZone zone = memory_.AddZone("bare", &layout).value();
  CodeBlock block = BareCode().Install(&memory_, zone);
  EXPECT_EQ(RunCaller(block.exec, Throw, 5), 5u);
  EXPECT_THROW(RunCaller(block.exec, Throw, 0), std::runtime_error);
}

TEST_F(UnwindTest, ABlockMayBeRegisteredAlone) {
  CodeZone zone = memory_.AddZone("own", nullptr).value();
  CodeBlock block = CallerCode().Install(&memory_, zone);
  UnwindRegistration registration(TestLayout(), block.exec, block.size);
  EXPECT_THROW(RunCaller(block.exec, Throw, 0), std::runtime_error);
}

TEST_F(UnwindTest, NothingStaysRegistered) {
  FrameLayout layout = TestLayout();
  auto* code = new CodeMemory({.reserve = kReserve});
  CodeZone zone = code->AddZone("test", &layout).value();
  const uint8_t* exec = CallerCode().Install(code, zone).exec;
  dwarf_eh_bases bases;
  EXPECT_NE(_Unwind_Find_FDE(const_cast<uint8_t*>(exec), &bases), nullptr);
  delete code;
  EXPECT_EQ(_Unwind_Find_FDE(const_cast<uint8_t*>(exec), &bases), nullptr);
}

}  // namespace
}  // namespace pyvm
