#include "tiers/llvm/graph_file.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace pyvm::llvm_tier {
namespace {

// What a file may be called everywhere: "f.<locals>.g" has signs that it may
// not.
std::string Plain(const std::string& name) {
  std::string plain = name.substr(0, 100);
  for (char& c : plain) {
    bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    if (!kept) c = '_';
  }
  return plain;
}

// Creates STEM-N.dot, where neither that nor STEM-N.svg is there: sets the path
// without its ending. -1 with errno if no file can be created.
int CreateDot(const std::string& stem, std::string* path) {
  for (int number = 1;; ++number) {
    *path = stem + "-" + std::to_string(number);
    if (access((*path + ".svg").c_str(), F_OK) == 0) continue;
    int fd = open((*path + ".dot").c_str(),
                  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
}

bool WriteAll(int fd, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    ssize_t n = write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

// Empty, or why there is no picture.
std::string RunDot(const std::string& path) {
  std::string svg = path + ".svg", dot = path + ".dot";
  const char* argv[] = {"dot",       "-Tsvg",     "-o",
                        svg.c_str(), dot.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t pid;
  int error = posix_spawnp(&pid, "dot", &actions, nullptr,
                           const_cast<char**>(argv), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) {
    return "there is no `dot`: Debian's package graphviz has it";
  }
  if (error != 0) return std::string("cannot run dot: ") + strerror(error);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    // Where the program ignores its children's ends there is no status.
    if (errno != EINTR) break;
  }
  if (status == 0 && access(svg.c_str(), F_OK) == 0) return "";
  unlink(svg.c_str());
  return "dot has failed";
}

}  // namespace

void WriteGraph(const std::string& name, const std::string& dot) {
  char folder[PATH_MAX];
  std::string stem = getcwd(folder, sizeof folder) != nullptr ? folder : ".";
  stem += "/pyvm-" + Plain(name);
  std::string path;
  int fd = CreateDot(stem, &path);
  bool written = fd >= 0 && WriteAll(fd, dot);
  int error = errno;
  if (fd >= 0) close(fd);
  if (!written) {
    std::fprintf(stderr, "pyvm: --dump=graph: cannot write %s.dot: %s\n",
                 path.c_str(), strerror(error));
    return;
  }
  std::string wrong = RunDot(path);
  if (wrong.empty()) {
    unlink((path + ".dot").c_str());
    std::fprintf(stderr, "%s (graph, in %s.svg)\n", name.c_str(), path.c_str());
  } else {
    std::fprintf(stderr, "%s (graph, in %s.dot: %s)\n", name.c_str(),
                 path.c_str(), wrong.c_str());
  }
}

}  // namespace pyvm::llvm_tier
