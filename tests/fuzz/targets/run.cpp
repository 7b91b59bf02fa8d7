#include "core/runs/run_file.h"

#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

std::span<const std::uint8_t> bytesOf(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool check(std::span<const std::uint8_t> bytes) {
  const auto run = runFromBytes(bytes, "f.tandemrun");
  if (!run.ok()) return false;
  const std::string text = toJson(*run);
  const auto again = runFromBytes(bytesOf(text), "again.tandemrun");
  TANDEM_CHECK(again.ok(), again.ok() ? "" : again.error().text());
  TANDEM_CHECK(toJson(*again) == text, "a run changes in a save and load round trip");
  TANDEM_CHECK(again->curves.steps.size() == run->curves.steps.size(), "steps were lost");
  return true;
}

}  // namespace

extern const FuzzTarget run;
const FuzzTarget run = {"run", check};

}  // namespace tandem::fuzz
