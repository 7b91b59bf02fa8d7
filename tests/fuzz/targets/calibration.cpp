#include "core/twin/calibration.h"

#include <cmath>

#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

bool run(std::span<const std::uint8_t> bytes) {
  const auto list = calibrationsFromJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "f");
  if (!list.ok()) return false;
  for (const Calibration& calibration : *list) {
    TANDEM_CHECK(std::isfinite(calibration.peakFlops()) && calibration.peakFlops() > 0, "peak");
    TANDEM_CHECK(std::isfinite(calibration.bandwidth()) && calibration.bandwidth() > 0, "bandwidth");
    for (const double size : {1e-300, 1.0, 1e9, 1e300}) {
      const double rate = calibration.matmul.at(size);
      TANDEM_CHECK(std::isfinite(rate) && rate > 0, "a rate between two sizes");
    }
  }
  const std::string text = toJson(*list);
  const auto again = calibrationsFromJson(text, "again");
  TANDEM_CHECK(again.ok(), again.ok() ? "" : again.error().text());
  TANDEM_CHECK(toJson(*again) == text, "calibrations that were read do not come back the same");
  return true;
}

}  // namespace

extern const FuzzTarget calibration;
const FuzzTarget calibration = {"calibration", run};

}  // namespace tandem::fuzz
