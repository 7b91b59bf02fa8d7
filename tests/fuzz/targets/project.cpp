#include "core/network/project.h"

#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

bool run(std::span<const std::uint8_t> bytes) {
  const auto project =
      projectFromJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "f.tandem");
  if (!project.ok()) return false;
  const auto again = projectFromJson(toJson(*project), "again.tandem");
  TANDEM_CHECK(again.ok(), again.ok() ? "" : again.error().text());
  TANDEM_CHECK(*again == *project, "a project changes in a save and load round trip");
  return true;
}

}  // namespace

extern const FuzzTarget project;
const FuzzTarget project = {"project", run};

}  // namespace tandem::fuzz
