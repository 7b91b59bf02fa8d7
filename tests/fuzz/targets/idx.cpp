#include "core/data/idx.h"

#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

bool run(std::span<const std::uint8_t> bytes) {
  const auto array = parseIdx(bytes, "f");
  if (!array.ok()) return false;
  std::int64_t elements = 1;
  for (const std::int64_t extent : array->header.extents) elements *= extent;
  TANDEM_CHECK(elements > 0 && std::ssize(array->values) == elements, "values do not fill the extents");
  return true;
}

}  // namespace

extern const FuzzTarget idx;
const FuzzTarget idx = {"idx", run};

}  // namespace tandem::fuzz
