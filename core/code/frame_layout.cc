#include "core/code/frame_layout.h"

#include "core/code/byte_writer.h"

// Of the library that throws (libgcc_s): a second copy of it would not do.
extern "C" {
void __register_frame(void* eh_frame);
void __deregister_frame(void* eh_frame);
}

namespace pyvm {
namespace {

// Call frame instructions (DWARF 4, 7.23).
enum : uint8_t {
  kNop = 0x00,
  kAdvance4 = 0x04,
  kSameValue = 0x08,
  kDefCfa = 0x0c,
  kDefCfaRegister = 0x0d,
  kDefCfaOffset = 0x0e,
  kAdvance = 0x40,  // and the bytes, less than 64
  kOffset = 0x80,   // and the register
};

constexpr int kDataAlignment = -8;

void PutOffset(ByteWriter* out, DwarfRegister reg, int32_t offset) {
  out->U8(kOffset | static_cast<uint8_t>(reg));
  out->Uleb(static_cast<uint64_t>(offset / kDataAlignment));
}

void PutCfa(ByteWriter* out, DwarfRegister reg, int32_t offset) {
  out->U8(kDefCfa);
  out->Uleb(static_cast<uint64_t>(reg));
  out->Uleb(static_cast<uint64_t>(offset));
}

void PutSaved(ByteWriter* out, const FrameLayout& layout) {
  for (const FrameLayout::Saved& saved : layout.saved) {
    PutOffset(out, saved.reg, saved.offset);
  }
}

void PutFrame(ByteWriter* out, const FrameLayout& layout) {
  if (layout.rbp_frame) {
    PutCfa(out, DwarfRegister::kRbp, 16);
    PutOffset(out, DwarfRegister::kRbp, -16);
  } else {
    PutCfa(out, DwarfRegister::kRsp, layout.cfa_from_rsp);
  }
  PutSaved(out, layout);
}

// The common entry has left the CFA at rsp + 8, as it is at the first
// instruction.
void PutPrologue(ByteWriter* out, const FrameLayout& layout) {
  constexpr uint8_t kPush = 1, kMove = 3;  // lengths of the two instructions
  uint8_t rest = layout.prologue_bytes;
  if (layout.rbp_frame && rest >= kPush + kMove) {
    out->U8(kAdvance | kPush);
    out->U8(kDefCfaOffset);
    out->Uleb(16);
    PutOffset(out, DwarfRegister::kRbp, -16);
    out->U8(kAdvance | kMove);
    out->U8(kDefCfaRegister);
    out->Uleb(static_cast<uint64_t>(DwarfRegister::kRbp));
    rest -= kPush + kMove;
  }
  for (; rest > 0x3f; rest -= 0x3f) out->U8(kAdvance | 0x3f);
  if (rest > 0) out->U8(kAdvance | rest);
}

// What is described so far ends `at` bytes behind the beginning.
void PutInner(ByteWriter* out, const FrameLayout& layout, uint32_t at,
              const std::vector<InnerFrame>& inner) {
  for (const InnerFrame& frame : inner) {
    out->U8(kAdvance4);
    out->U32(frame.offset - at);
    at = frame.offset;
    if (frame.cfa_from_rsp == 0) {
      PutFrame(out, layout);
      continue;
    }
    PutCfa(out, DwarfRegister::kRsp, frame.cfa_from_rsp);
    auto keeps = [&](DwarfRegister reg) {
      out->U8(kSameValue);
      out->Uleb(static_cast<uint64_t>(reg));
    };
    if (layout.rbp_frame) keeps(DwarfRegister::kRbp);
    for (const FrameLayout::Saved& saved : layout.saved) keeps(saved.reg);
  }
}

// Begins a record, whose length comes when it ends.
size_t Begin(ByteWriter* out) {
  out->U32(0);
  return out->size();
}

void End(ByteWriter* out, size_t begin) {
  out->Align(8, kNop);
  out->Patch(begin - sizeof(uint32_t),
             static_cast<uint32_t>(out->size() - begin));
}

}  // namespace

std::string EhFrame(const FrameLayout& layout, uint64_t begin, uint64_t size,
                    bool prologue, const std::vector<InnerFrame>& inner) {
  ByteWriter out;
  size_t common = Begin(&out);
  out.U32(0);  // a common entry
  out.U8(1);   // version
  out.String("");
  out.Uleb(1);
  out.Sleb(kDataAlignment);
  out.Uleb(static_cast<uint64_t>(DwarfRegister::kReturnAddress));
  PutCfa(&out, DwarfRegister::kRsp, 8);
  PutOffset(&out, DwarfRegister::kReturnAddress, -8);
  End(&out, common);

  size_t entry = Begin(&out);
  // How far back the common entry is, which begins where the section does.
  out.U32(static_cast<uint32_t>(entry));
  out.U64(begin);
  out.U64(size);
  if (prologue && layout.prologue_bytes > 0) PutPrologue(&out, layout);
  PutFrame(&out, layout);
  PutInner(&out, layout, prologue ? layout.prologue_bytes : 0, inner);
  End(&out, entry);

  out.U32(0);  // no more
  return out.Take();
}

UnwindRegistration::UnwindRegistration(const FrameLayout& layout,
                                       const void* begin, uint64_t size)
    : eh_frame_(EhFrame(layout, reinterpret_cast<uint64_t>(begin), size,
                        /*prologue=*/false)) {
  __register_frame(eh_frame_.data());
}

UnwindRegistration::~UnwindRegistration() {
  __deregister_frame(eh_frame_.data());
}

}  // namespace pyvm
