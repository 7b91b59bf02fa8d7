// Whether a plan fits the memory of its device, and which batch size would.
#include <fmt/format.h>

#include "core/compile/compile.h"
#include "core/text/units.h"

namespace tandem {
Status checkFits(const Plan& plan, Backend& backend) {
  for (const DeviceInfo& device : backend.devices()) {
    if (!isDevice(device, plan.options.device) || device.totalBytes == 0) continue;
    if (plan.forecast.total() <= device.freeBytes) continue;
    return Error{ErrorCode::OutOfMemory,
                 fmt::format("this network needs {} of memory at batch size {}, but {} of {} are free",
                             bytesText(static_cast<double>(plan.forecast.total())), plan.batch,
                             bytesText(static_cast<double>(device.freeBytes)),
                             bytesText(static_cast<double>(device.totalBytes))),
                 device.id,
                 plan.batch > 1 ? "Use a smaller batch or network, or close other programs"
                                : "Use a smaller network, or close other programs"};
  }
  return success();
}

std::int64_t largestFittingBatch(const Network& network, const TrainingConfig& training,
                                 const DatasetInfo& data, Backend& backend) {
  const auto fits = [&](std::int64_t batch) {
    TrainingConfig smaller = training;
    smaller.batch = batch;
    const auto plan = compile(network, smaller, data, backend);
    return plan.ok() && checkFits(**plan, backend).ok();
  };
  if (!fits(1)) return 0;
  // The forecast grows with the batch, so bisection applies.
  std::int64_t good = 1, bad = training.batch;
  while (bad - good > std::max<std::int64_t>(1, good / 16)) {
    const std::int64_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return good >= 16 ? good / 8 * 8 : good;
}

Error withFittingBatch(Error error, const Network& network, const TrainingConfig& training,
                       const DatasetInfo& data, Backend& backend) {
  if (error.code != ErrorCode::OutOfMemory) return error;
  if (const std::int64_t batch = largestFittingBatch(network, training, data, backend); batch > 0)
    error.hint =
        fmt::format("A batch size of {} fits; or use a smaller network, or close other programs", batch);
  return error;
}

}  // namespace tandem
