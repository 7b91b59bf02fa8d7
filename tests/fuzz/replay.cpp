// Passes the committed corpus of a reader, and mutations of it, to the reader. Without coverage guidance this
// finds few new problems, but it prevents regressions and does not need clang.
//   tandem_fuzz_replay [READER [FILE MUTATION]]   (the latter repeats one case)
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/philox.h"
#include "targets.h"

namespace tandem::fuzz {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kMutations = 20000;  // per reader, divided among its files
constexpr double kMaxSeconds = 5;            // for one input

char current[512];  // the current case, for the signal handler

void onCrash(int signal) {
  const char text[] = "\ncrashed; repeat with: tandem_fuzz_replay ";
  if (::write(2, text, sizeof text - 1) < 0 || ::write(2, current, std::strlen(current)) < 0 ||
      ::write(2, "\n", 1) < 0) {
    std::_Exit(1);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

Bytes readFile(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// 1 to 8 changes: a flipped bit, a random or special byte, a sequence removed, duplicated or copied
// from another file, or truncation.
Bytes mutate(Bytes bytes, const std::vector<Bytes>& corpus, PhiloxSequence& random) {
  constexpr std::uint8_t kSpecial[] = {0, 1, 0x7f, 0x80, 0xff, '"', ',', '\n', '{', '[', '-', '9', 'e'};
  for (std::uint64_t changes = 1 + random.below(8); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = random.below(bytes.size());
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto length =
        static_cast<std::ptrdiff_t>(1 + random.below(std::min<std::size_t>(32, bytes.size() - at)));
    switch (random.below(8)) {
      case 0:
      case 1:
        *here ^= static_cast<std::uint8_t>(1u << random.below(8));
        break;
      case 2:
        *here = static_cast<std::uint8_t>(random.next());
        break;
      case 3:
        *here = kSpecial[random.below(std::size(kSpecial))];
        break;
      case 4:
        bytes.erase(here, here + length);
        break;
      case 5: {
        const Bytes run(here, here + length);
        bytes.insert(here, run.begin(), run.end());
        break;
      }
      case 6: {
        const Bytes& other = corpus[random.below(corpus.size())];
        if (other.empty()) break;
        const auto from = static_cast<std::ptrdiff_t>(random.below(other.size()));
        const auto count = std::min<std::ptrdiff_t>(length, std::ssize(other) - from);
        bytes.insert(here, other.begin() + from, other.begin() + from + count);
        break;
      }
      default:
        if (random.below(4) == 0) bytes.resize(at);
    }
  }
  return bytes;
}

struct Tally {
  std::uint64_t inputs = 0, accepted = 0, failed = 0;
};

// A reader that throws or takes too long fails. A crash ends the program.
void runOne(const FuzzTarget& target, const fs::path& file, std::uint64_t mutation, const Bytes& bytes,
            Tally& tally) {
  std::snprintf(current, sizeof current, "%s %s %llu", std::string(target.name).c_str(),
                file.filename().c_str(), static_cast<unsigned long long>(mutation));
  const auto start = std::chrono::steady_clock::now();
  try {
    tally.accepted += target.run(bytes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "exception: %s; repeat with: tandem_fuzz_replay %s\n", error.what(), current);
    ++tally.failed;
    return;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (seconds <= kMaxSeconds) return;
  std::fprintf(stderr, "took %.1f s; repeat with: tandem_fuzz_replay %s\n", seconds, current);
  ++tally.failed;
}

// Mutation 0 is the file itself.
int replay(const FuzzTarget& target, const char* onlyFile, const char* onlyMutation) {
  std::error_code code;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(fs::path(TANDEM_CORPUS_DIR) / target.name, code), end; !code && at != end;
       at.increment(code)) {
    files.push_back(at->path());
  }
  std::ranges::sort(files);
  std::vector<Bytes> corpus;
  for (const fs::path& file : files) corpus.push_back(readFile(file));
  if (corpus.empty()) {
    std::fprintf(stderr, "%s has no corpus\n", std::string(target.name).c_str());
    return 1;
  }
  const std::uint64_t each = kMutations / corpus.size();
  Tally tally;
  for (std::size_t f = 0; f < files.size(); ++f) {
    if (onlyFile && files[f].filename() != onlyFile) continue;
    for (std::uint64_t m = 0; m <= each; ++m) {
      if (onlyMutation && m != std::strtoull(onlyMutation, nullptr, 10)) continue;
      PhiloxSequence random(f, m);
      const Bytes bytes = m == 0 ? corpus[f] : mutate(corpus[f], corpus, random);
      runOne(target, files[f], m, bytes, tally);
      ++tally.inputs;
    }
  }
  std::printf("%s: %zu files, %llu inputs, %llu accepted, %llu failed\n", std::string(target.name).c_str(),
              files.size(), static_cast<unsigned long long>(tally.inputs),
              static_cast<unsigned long long>(tally.accepted), static_cast<unsigned long long>(tally.failed));
  return tally.failed > 0 || tally.inputs == 0 ? 1 : 0;
}

}  // namespace
}  // namespace tandem::fuzz

int main(int argc, char** argv) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) std::signal(signal, tandem::fuzz::onCrash);
  int result = 0, found = 0;
  for (const tandem::fuzz::FuzzTarget* target : tandem::fuzz::kTargets) {
    if (argc > 1 && target->name != argv[1]) continue;
    ++found;
    result |= tandem::fuzz::replay(*target, argc > 2 ? argv[2] : nullptr, argc > 3 ? argv[3] : nullptr);
  }
  if (found == 0) std::fprintf(stderr, "there is no reader named %s\n", argv[1]);
  return found == 0 ? 2 : result;
}
