// How machine code keeps its stack frame, and what unwinders are told of it.
#ifndef PYVM_CORE_CODE_FRAME_LAYOUT_H_
#define PYVM_CORE_CODE_FRAME_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace pyvm {

// Numbers of the x86-64 psABI, figure 3.36.
enum class DwarfRegister : uint8_t {
  kRbx = 3,
  kRbp = 6,
  kRsp = 7,
  kR12 = 12,
  kR13 = 13,
  kR14 = 14,
  kR15 = 15,
  kReturnAddress = 16,
};

// A frame as it is at every call that the code makes. The canonical frame
// address (CFA) is rsp as it was before the call that came here; the return
// address lies at CFA - 8.
struct FrameLayout {
  struct Saved {
    DwarfRegister reg;
    int32_t offset;  // bytes from the CFA: negative, a multiple of 8
  };

  // The code begins with, or whoever jumped to it has executed, `push rbp; mov
  // rbp, rsp`: the CFA is rbp + 16, and rbp is saved at CFA - 16.
  bool rbp_frame = true;
  // Without rbp_frame: the CFA is rsp + this many bytes.
  int32_t cfa_from_rsp = 8;
  // Callee-saved registers, without rbp in an rbp_frame.
  std::vector<Saved> saved = {};
  // Bytes at the beginning of a block during which the frame is made: four for
  // `push rbp; mov rbp, rsp`, more with pushes. 0: the frame is there from the
  // first instruction on. Debuggers alone need it, who stop anywhere.
  uint8_t prologue_bytes = 0;
};

// From `offset` in a block to the next such place, code has a frame of its own:
// it has been called by code of the zone, and saves none of what FrameLayout
// says. 0: it has the zone's frame again.
struct InnerFrame {
  uint32_t offset;
  int32_t cfa_from_rsp;
};

// The contents of an .eh_frame section (LSB 5.0, 10.6) for the code from
// `begin` on, `size` bytes, with its terminator. With `prologue`, the frame is
// described while it is being made too. `inner` is sorted by offset.
std::string EhFrame(const FrameLayout& layout, uint64_t begin, uint64_t size,
                    bool prologue, const std::vector<InnerFrame>& inner = {});

// Tells the C++ run-time library's unwinder, while this lives, of code that all
// has one frame layout. One object may stand for a whole region: the library
// keeps a list of what is registered, walks it for every frame that it unwinds,
// and takes longer with every entry.
class UnwindRegistration {
 public:
  UnwindRegistration(const FrameLayout& layout, const void* begin,
                     uint64_t size);
  ~UnwindRegistration();
  UnwindRegistration(const UnwindRegistration&) = delete;
  UnwindRegistration& operator=(const UnwindRegistration&) = delete;

 private:
  std::string eh_frame_;
};

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_FRAME_LAYOUT_H_
