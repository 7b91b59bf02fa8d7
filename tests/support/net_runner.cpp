#include "tests/support/net_runner.h"

#include <limits>

#include "core/base/philox.h"
#include "core/runtime/registry.h"
#include "core/train/step_values.h"

namespace tandem::testing {

Result<NetRunner> NetRunner::open(const Network& network, const TrainingConfig& training,
                                  const DatasetInfo& data, const CompileOptions& options,
                                  CompileReport* report) {
  NetRunner runner;
  runner.training_ = training;
  TANDEM_ASSIGN(Backend * backend, DeviceRegistry::instance().backendFor(training.device.device));
  TANDEM_ASSIGN(runner.plan_, compile(network, training, data, *backend, options, report));
  TANDEM_ASSIGN(runner.session_, backend->open(runner.plan_));
  TANDEM_ASSIGN(const auto parameters, initialParameters(*runner.plan_));
  TANDEM_TRY(runner.writeBlock(Role::Parameter, parameters));
  TANDEM_ASSIGN(const auto states, initialStates(*runner.plan_));
  TANDEM_TRY(runner.writeBlock(Role::State, states));
  return runner;
}

StepInputs NetRunner::inputs(Phase phase, const void* features, const void* labels, std::int64_t validRows) {
  // The tensors are read until a step ends, and few steps are in flight.
  constexpr std::size_t kSteps = 8;
  tensors_.resize(kSteps);
  std::vector<const void*>& tensors = tensors_[next_++ % kSteps];
  tensors = {features, labels};
  tensors.resize(plan_->phase(phase).inputs.size());
  StepInputs in{tensors, {}};
  const std::int64_t rows = validRows < 0 ? plan_->batch : validRows;
  constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();  // one epoch
  const double rate = training_.optimizer.number(kLearningRate);
  if (phase == Phase::Train) {
    in.step = stepValues(training_, {step_, step_, kEndless}, rate, rows);
    ++step_;
  } else {
    in.step = stepValues(training_.optimizer, step_, rate, rows);
  }
  return in;
}

Result<StepReport> NetRunner::run(Phase phase, const void* features, const void* labels,
                                  std::int64_t validRows) {
  TANDEM_ASSIGN(const Ticket ticket, session_->submit(phase, inputs(phase, features, labels, validRows)));
  return session_->wait(ticket);
}

std::vector<float> NetRunner::output() {
  const PhasePlan& phase = plan_->evaluate;
  std::vector<float> values(
      static_cast<std::size_t>(phase.program.type(phase.outputs[0].value).shape.elements()));
  session_->readValue(Phase::Evaluate, phase.outputs[0].value, std::as_writable_bytes(std::span(values)))
      .value();
  return values;
}

Status NetRunner::writeBlock(Role role, std::span<const float> values) {
  return session_->write(role, 0, std::as_bytes(values));
}

Result<std::vector<float>> NetRunner::readBlock(Role role, std::size_t bytes) {
  std::vector<float> values(bytes / sizeof(float));
  TANDEM_TRY(session_->read(role, 0, std::as_writable_bytes(std::span(values))));
  return values;
}

SyntheticBatch syntheticBatch(const DatasetInfo& data, std::int64_t batch, std::uint64_t seed) {
  PhiloxSequence random(seed, stream(RandomStream::Generate));
  SyntheticBatch out;
  out.features.resize(static_cast<std::size_t>(batch * data.inputs[0].sample.elements()));
  for (float& x : out.features) x = static_cast<float>(random.normal());
  if (data.targets[0].classes > 0) {
    for (std::int64_t i = 0; i < batch; ++i)
      out.classes.push_back(
          static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(data.targets[0].classes))));
  } else {
    out.targets.resize(static_cast<std::size_t>(batch * data.targets[0].sample.elements()));
    for (float& y : out.targets) y = static_cast<float>(random.normal());
  }
  return out;
}

}  // namespace tandem::testing
