// What monitors share: tables as text, CSV or JSON, on a file or stderr.
#ifndef PYVM_PLUGINS_COMMON_REPORT_H_
#define PYVM_PLUGINS_COMMON_REPORT_H_

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/plugin/pyvm.h"
#include "plugins/common/event.h"

namespace pyvm::plugins {

// The first two parameters of a monitor that writes a table.
inline constexpr pyvm_param kFileParam = {
    "file",
    PYVM_STRING,
    "",
    "",
    0,
    0,
    "where the table goes; stderr if there is none"};
inline constexpr pyvm_param kFormatParam = {
    "format", PYVM_STRING, "", "text", 0, 0, "text, csv or json"};

// A cell: a number or a text.
class Cell {
 public:
  Cell(uint64_t number) : text_(std::to_string(number)), number_(true) {}
  Cell(const char* text) : text_(text != nullptr ? text : "") {}
  Cell(std::string text) : text_(std::move(text)) {}
  // With three digits behind the point.
  static Cell Fraction(double value) {
    char text[64];
    snprintf(text, sizeof(text), "%.3f", value);
    Cell cell{std::string(text)};
    cell.number_ = true;
    return cell;
  }

  const std::string& text() const { return text_; }
  bool is_number() const { return number_; }

 private:
  std::string text_;
  bool number_ = false;
};

class Table {
 public:
  explicit Table(std::vector<std::string> columns)
      : columns_(std::move(columns)) {}

  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  std::vector<std::vector<Cell>>& rows() { return rows_; }

  // Columns that are as wide as they have to be; the last one is not filled up.
  std::string Text() const {
    std::vector<size_t> widths;
    for (size_t c = 0; c < columns_.size(); ++c) {
      size_t width = columns_[c].size();
      for (const std::vector<Cell>& row : rows_)
        width = std::max(width, row[c].text().size());
      widths.push_back(width);
    }
    std::string out;
    auto put = [&](size_t c, const std::string& text, bool right) {
      bool last = c + 1 == widths.size();
      std::string space(widths[c] - text.size(), ' ');
      if (right) out += space;
      out += text;
      if (!right && !last) out += space;
      out += last ? "\n" : "  ";
    };
    for (size_t c = 0; c < columns_.size(); ++c)
      put(c, columns_[c], !rows_.empty() && rows_[0][c].is_number());
    for (const std::vector<Cell>& row : rows_) {
      for (size_t c = 0; c < row.size(); ++c)
        put(c, row[c].text(), row[c].is_number());
    }
    return out;
  }

  // RFC 4180, with line feeds alone.
  std::string Csv() const {
    std::string out;
    for (size_t c = 0; c < columns_.size(); ++c)
      out += (c > 0 ? "," : "") + columns_[c];
    out += "\n";
    for (const std::vector<Cell>& row : rows_) {
      for (size_t c = 0; c < row.size(); ++c)
        out += (c > 0 ? "," : "") + CsvField(row[c].text());
      out += "\n";
    }
    return out;
  }

  // A list of objects, one a line.
  std::string Json() const {
    std::string out = "[";
    const char* separator = "\n";
    for (const std::vector<Cell>& row : rows_) {
      out += separator;
      out += "{";
      for (size_t c = 0; c < row.size(); ++c) {
        out += (c > 0 ? ", " : "") + JsonString(columns_[c]) + ": ";
        out += row[c].is_number() ? row[c].text() : JsonString(row[c].text());
      }
      out += "}";
      separator = ",\n";
    }
    return out + "\n]\n";
  }

 private:
  static std::string CsvField(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string out = "\"";
    for (char c : text)
      out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
  }
  // Names of functions are UTF-8: only what JSON reserves is escaped.
  static std::string JsonString(const std::string& text) {
    std::string out = "\"";
    for (char c : text) {
      if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        char escape[8];
        snprintf(escape, sizeof(escape), "\\u%04x", c);
        out += escape;
      } else {
        out += c;
      }
    }
    return out + "\"";
  }

  std::vector<std::string> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// Where the table goes. Opened before the program runs: who cannot have the
// table wants to know then.
class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (file_ != nullptr) fclose(file_);
  }

  // False, having written one line into `error`, if the format is unknown or
  // the file cannot be written.
  bool Open(const char* path, const char* format, char* error,
            size_t error_size) {
    format_ = format;
    if (format_ != "text" && format_ != "csv" && format_ != "json") {
      snprintf(error, error_size, "format=%s: expected text, csv or json",
               format);
      return false;
    }
    if (*path == '\0') return true;
    file_ = fopen(path, "we");
    if (file_ != nullptr) return true;
    snprintf(error, error_size, "cannot write %s: %s", path, strerror(errno));
    return false;
  }

  // Null, or what went wrong.
  const char* Write(const Table& table) {
    std::string text = format_ == "csv"    ? table.Csv()
                       : format_ == "json" ? table.Json()
                                           : table.Text();
    FILE* out = file_ != nullptr ? file_ : stderr;
    fwrite(text.data(), 1, text.size(), out);
    return fflush(out) == 0 && ferror(out) == 0 ? nullptr : strerror(errno);
  }

 private:
  std::string format_;
  FILE* file_ = nullptr;  // owned; null: stderr
};

inline const char* TierName(const pyvm_event& event, uint32_t index) {
  return index < event.num_tiers ? TierAt(event, index).name : "(landing)";
}
inline const pyvm_unit_info& UnitAt(const pyvm_report& report, uint32_t index) {
  return *reinterpret_cast<const pyvm_unit_info*>(
      reinterpret_cast<const char*>(report.units) +
      size_t{index} * report.unit_stride);
}

// "file:line"
inline std::string Place(const char* filename, uint32_t line) {
  return std::string(filename) + ":" + std::to_string(line);
}

// --- The frame of a plugin --------------------------------------------------

template <typename M>
inline constexpr pyvm_monitor kMonitorApi = {
    .size = sizeof(pyvm_monitor),
    .wants = M::kWants,
    .on_event =
        [](void* self, const pyvm_event* event, const pyvm_decision* decision) {
          if constexpr (requires(M& m) { m.OnEvent(*event, decision); })
            static_cast<M*>(self)->OnEvent(*event, decision);
        },
    .on_exit = [](void* self, const pyvm_report* report) -> const char* {
      auto* monitor = static_cast<M*>(self);
      return monitor->output.Write(monitor->Report(*report));
    },
};

template <typename M>
void* CreateMonitor(const pyvm_host*, const pyvm_arg* args, size_t, char* error,
                    size_t error_size) {
  auto* monitor = new M(args);
  if (monitor->output.Open(args[0].v.s, args[1].v.s, error, error_size))
    return monitor;
  delete monitor;
  return nullptr;
}

// M has kWants; a constructor M(const pyvm_arg*), whose first two arguments are
// kFileParam and kFormatParam; a member `output`; Table Report(const
// pyvm_report&); and OnEvent(const pyvm_event&, const pyvm_decision*) if it
// wants events.
template <typename M, size_t n>
constexpr pyvm_plugin MonitorPlugin(const char* name, const char* help,
                                    const pyvm_param (&params)[n]) {
  return {
      .abi_version = PYVM_ABI_VERSION,
      .size = sizeof(pyvm_plugin),
      .kind = PYVM_MONITOR,
      .num_params = n,
      .name = name,
      .help = help,
      .params = params,
      .create = CreateMonitor<M>,
      .destroy = [](void* self) { delete static_cast<M*>(self); },
      .api = &kMonitorApi<M>,
  };
}

}  // namespace pyvm::plugins

#endif  // PYVM_PLUGINS_COMMON_REPORT_H_
