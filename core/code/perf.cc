#include "core/code/perf.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/code/byte_writer.h"

namespace pyvm {
namespace {

constexpr size_t kMarkerSize = 4096;

// A file of this name that belongs to somebody else, or is a link, is not
// written: the names in /tmp are known to everybody.
int Create(const std::string& path) {
  unlink(path.c_str());
  return open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

absl::Status CannotWrite(const std::string& path) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot write ", path, ": ", strerror(errno)));
}

// In one piece. A full disk costs names, not the program.
void Append(const std::string& path, const std::string& data) {
  int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return;
  [[maybe_unused]] ssize_t done = write(fd, data.data(), data.size());
  close(fd);
}

// What `perf record -k mono` takes.
uint64_t Timestamp() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
}

// --- jitdump's records
// --------------------------------------------------------

struct FileHeader {
  uint32_t magic = 0x4A695444;  // "JiTD"
  uint32_t version = 1;
  uint32_t total_size = sizeof(FileHeader);
  uint32_t elf_mach = EM_X86_64;
  uint32_t pad = 0;
  uint32_t pid = static_cast<uint32_t>(getpid());
  uint64_t timestamp = Timestamp();
  uint64_t flags = 0;
};

enum RecordId : uint32_t { kCodeLoad = 0, kDebugInfo = 2 };

struct RecordHeader {
  uint32_t id;
  uint32_t total_size;
  uint64_t timestamp;
};

struct CodeLoad {
  uint32_t pid, tid;
  uint64_t vma, code_addr, code_size, code_index;
};

struct DebugEntry {
  uint64_t code_addr;
  uint32_t line;
  uint32_t discriminator;
};

void PutLine(ByteWriter* out, uint64_t address, uint32_t line,
             const std::string& file) {
  out->Put(DebugEntry{address, line, 0});
  out->String(file);
}

// What is to be shown under one name.
struct Part {
  std::string symbol;
  uint64_t begin, end;  // offsets
};

std::vector<Part> PartsOf(const CodeInfo& info, uint64_t size) {
  std::vector<Part> parts = {{SymbolOf(info), 0, size}};
  for (const CodeLabel& label : info.labels) {
    parts.back().end = label.offset;
    if (label.offset == parts.back().begin) parts.pop_back();
    parts.push_back(
        {absl::StrCat(SymbolOf(info), "::", label.name), label.offset, size});
  }
  return parts;
}

void PutRecord(ByteWriter* out, RecordId id, const ByteWriter& body) {
  auto size = static_cast<uint32_t>(sizeof(RecordHeader) + body.size());
  out->Put(RecordHeader{id, size, Timestamp()});
  out->Bytes(body.bytes().data(), body.size());
}

}  // namespace

absl::Status PerfMap::Open(const std::string& path) {
  path_ = path;
  int fd = Create(path);
  if (fd < 0) return CannotWrite(path);
  close(fd);
  return absl::OkStatus();
}

void PerfMap::Add(const CodeInfo& info, const void* begin, uint64_t size) {
  std::string rows;
  for (const Part& part : PartsOf(info, size)) {
    uint64_t address = reinterpret_cast<uint64_t>(begin) + part.begin;
    absl::StrAppend(&rows, absl::Hex(address), " ",
                    absl::Hex(part.end - part.begin), " ",
                    absl::StrReplaceAll(part.symbol, {{"\n", " "}}), "\n");
  }
  Append(path_, rows);
}

absl::Status JitDump::Open(const std::string& path) {
  Close();
  path_ = path;
  int fd = Create(path);
  if (fd < 0) return CannotWrite(path);
  FileHeader header;
  void* marker = MAP_FAILED;
  if (write(fd, &header, sizeof(header)) == sizeof(header)) {
    marker =
        mmap(nullptr, kMarkerSize, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
  }
  absl::Status status =
      marker == MAP_FAILED ? CannotWrite(path) : absl::OkStatus();
  if (marker != MAP_FAILED) marker_ = marker;
  close(fd);
  return status;
}

void JitDump::Close() {
  if (marker_ != nullptr) munmap(marker_, kMarkerSize);
  marker_ = nullptr;
}

JitDump::~JitDump() { Close(); }

void JitDump::Add(const CodeInfo& info, const void* begin, uint64_t size) {
  auto address = reinterpret_cast<uint64_t>(begin);
  ByteWriter lines;
  bool gap = info.lines.empty() || info.lines[0].offset > 0;
  lines.U64(address);
  lines.U64(info.lines.size() + (gap ? 2 : 1));
  if (gap) PutLine(&lines, address, info.line, info.file);
  for (const CodeLine& entry : info.lines) {
    PutLine(&lines, address + entry.offset, entry.line, info.FileOf(entry));
  }
  // perf takes the last entry for the end: without one there, the last line
  // would have no code.
  CodeLine last =
      info.lines.empty() ? CodeLine{0, info.line, 0} : info.lines.back();
  PutLine(&lines, address + size, last.line, info.FileOf(last));

  // The lines come before the code that they belong to.
  ByteWriter out;
  if (info.labels.empty()) PutRecord(&out, kDebugInfo, lines);
  for (const Part& part : PartsOf(info, size)) {
    ByteWriter load;
    load.Put(CodeLoad{static_cast<uint32_t>(getpid()),
                      static_cast<uint32_t>(syscall(SYS_gettid)),
                      address + part.begin, address + part.begin,
                      part.end - part.begin, ++blocks_});
    load.String(part.symbol);
    load.Bytes(static_cast<const uint8_t*>(begin) + part.begin,
               part.end - part.begin);
    PutRecord(&out, kCodeLoad, load);
  }
  Append(path_, out.bytes());
}

}  // namespace pyvm
