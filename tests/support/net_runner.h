// A network compiled and opened on a device, for tests and benchmarks that run steps themselves.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/compile/compile.h"

namespace tandem::testing {

class NetRunner {
 public:
  // Weights are initialized from the plan's seed.
  static Result<NetRunner> open(const Network& network, const TrainingConfig& training,
                                const DatasetInfo& data, const CompileOptions& options = {},
                                CompileReport* report = nullptr);

  // One pass. The step number counts training passes from 1, all of one epoch; Adam's corrections follow the updates.
  Result<StepReport> run(Phase phase, const void* features, const void* labels, std::int64_t validRows = -1);
  std::vector<float> output();  // of the last evaluation, batch x width

  const Plan& plan() const { return *plan_; }
  Session& session() { return *session_; }
  StepInputs inputs(Phase phase, const void* features, const void* labels, std::int64_t validRows);

  Status writeBlock(Role role, std::span<const float> values);
  Result<std::vector<float>> readBlock(Role role, std::size_t bytes);

 private:
  TrainingConfig training_;
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Session> session_;
  std::vector<std::vector<const void*>> tensors_;  // of the last steps
  std::size_t next_ = 0;
  std::int64_t step_ = 0;
};

// Normally distributed features and uniform labels (or targets) for one batch with the structure of the data.
struct SyntheticBatch {
  std::vector<float> features;
  std::vector<std::int32_t> classes;
  std::vector<float> targets;
  const void* labels() const {
    return classes.empty() ? static_cast<const void*>(targets.data()) : classes.data();
  }
};
SyntheticBatch syntheticBatch(const DatasetInfo& data, std::int64_t batch, std::uint64_t seed);

}  // namespace tandem::testing
