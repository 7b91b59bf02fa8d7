#include "core/report/twin_report.h"
#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

bool run(std::span<const std::uint8_t> bytes) {
  const auto record =
      twinFromJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "f.tandemtwin");
  if (!record.ok()) return false;
  const std::string text = toJson(*record);
  const auto again = twinFromJson(text, "again.tandemtwin");
  TANDEM_CHECK(again.ok(), again.ok() ? "" : again.error().text());
  TANDEM_CHECK(toJson(*again) == text, "a twin that was read does not come back the same");
  TANDEM_CHECK(!htmlReport(*record).empty(), "an empty report");
  return true;
}

}  // namespace

extern const FuzzTarget twin;
const FuzzTarget twin = {"twin", run};

}  // namespace tandem::fuzz
