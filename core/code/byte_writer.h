// Little-endian bytes, as ELF, DWARF and jitdump want them on x86-64.
#ifndef PYVM_CORE_CODE_BYTE_WRITER_H_
#define PYVM_CORE_CODE_BYTE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace pyvm {

class ByteWriter {
 public:
  size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

  // A number or a plain structure, as it lies in memory.
  template <typename T>
  void Put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void U8(uint8_t value) { Put(value); }
  void U16(uint16_t value) { Put(value); }
  void U32(uint32_t value) { Put(value); }
  void U64(uint64_t value) { Put(value); }

  // DWARF 4, 7.6: variable-length numbers.
  void Uleb(uint64_t value) {
    do {
      uint8_t byte = value & 0x7f;
      value >>= 7;
      U8(value != 0 ? byte | 0x80 : byte);
    } while (value != 0);
  }
  void Sleb(int64_t value) {
    for (;;) {
      uint8_t byte = value & 0x7f;
      value >>= 7;  // keeps the sign
      if (value == ((byte & 0x40) != 0 ? -1 : 0)) return U8(byte);
      U8(byte | 0x80);
    }
  }

  // With a zero behind it; a zero inside ends it.
  void String(absl::string_view text) {
    bytes_.append(text.data(), text.substr(0, text.find('\0')).size());
    U8(0);
  }
  void Bytes(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }
  void Align(size_t alignment, uint8_t filler = 0) {
    while (size() % alignment != 0) U8(filler);
  }

  // Overwrites what was put at `offset`, for instance a length that is known
  // only now.
  template <typename T>
  void Patch(size_t offset, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    memcpy(&bytes_[offset], &value, sizeof(value));
  }

 private:
  std::string bytes_;
};

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_BYTE_WRITER_H_
