// A device for tests of the trainer: simple deterministic arithmetic, any depth, faults on demand. It
// detects misuse: too many open passes, a batch released before its pass is done.
#pragma once

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <thread>

#include "core/ops/update_faults.h"
#include "core/runtime/backend.h"

namespace tandem {

struct FakeDevice {
  int depth = 1;
  std::int64_t nanAtStep = 0;    // the loss is NaN there; 0: never
  std::int64_t failAtStep = 0;   // the device fails there
  std::int64_t faultAtStep = 0;  // a number is not finite there
  UpdateFault fault = kWeightFault;
  float faultPlace = 1;
  bool lostAtOpen = false;  // the device is already lost at open
  bool throwAtStep1 = false;
  float constantValidation = 0;  // if not 0: the loss of evaluations
  // If set, the loss of an evaluation from its number (from 1) and the first weight.
  std::function<float(std::int64_t pass, float weight)> evaluation;
  std::chrono::microseconds stepTime{0};
  std::size_t memoryBytes = 0;  // 0: unlimited
  std::string id = "cpu";       // the default device of projects
  std::string limitation;       // of its sessions
  // What was observed.
  int misuses = 0;
  std::int64_t trainPasses = 0, evaluatePasses = 0, profiledPasses = 0;
};

constexpr double kFakeTransfer = 0.0005;  // seconds, in a profile

class FakeSession : public Session {
 public:
  FakeSession(std::shared_ptr<const Plan> plan, FakeDevice& device)
      : plan_(std::move(plan)), device_(device) {
    blocks_[0].resize(plan_->parameterBytes);
    blocks_[1].resize(plan_->optimizerBytes);
    blocks_[2].resize(plan_->stateBytes);
  }

  Status write(Role role, std::size_t offset, std::span<const std::byte> bytes) override {
    std::ranges::copy(bytes, block(role).begin() + static_cast<std::ptrdiff_t>(offset));
    return success();
  }
  Status read(Role role, std::size_t offset, std::span<std::byte> bytes) override {
    std::ranges::copy_n(block(role).begin() + static_cast<std::ptrdiff_t>(offset), std::ssize(bytes),
                        bytes.begin());
    return success();
  }
  Status readValue(Phase, ValueId, std::span<std::byte>) override { return invalid("not here"); }

  Result<Ticket> submit(Phase phase, const StepInputs& inputs) override {
    if (static_cast<int>(open_.size()) >= device_.depth) ++device_.misuses;
    std::this_thread::sleep_for(device_.stepTime);
    const std::int64_t step = static_cast<std::int64_t>(stepNumber(inputs.step.data()));
    Open pass{++tickets_, static_cast<const float*>(inputs.tensors[0]), checksum(inputs.tensors[0]),
              std::vector<float>(plan_->phase(phase).reportValues)};
    if (phase == Phase::Train) {
      if (device_.throwAtStep1) throw Bug("the fake device has a mistake");
      ++device_.trainPasses;
      if (profiling_) ++device_.profiledPasses;
      train(inputs, pass.sum, pass.report);
      if (step == device_.nanAtStep) pass.report[0] = std::numeric_limits<float>::quiet_NaN();
      if (step == device_.faultAtStep)
        pass.report[plan_->faults + static_cast<std::size_t>(device_.fault)] = device_.faultPlace;
      if (step == device_.failAtStep) return Error{ErrorCode::DeviceLost, "the device is gone", "fake", {}};
    } else {
      ++device_.evaluatePasses;
      pass.report[0] = device_.constantValidation != 0 ? device_.constantValidation : firstFeatures(inputs);
      if (device_.evaluation)
        pass.report[0] =
            device_.evaluation(device_.evaluatePasses, *reinterpret_cast<const float*>(blocks_[0].data()));
      pass.report[1] = inputs.step[kStepValidRows];
    }
    open_.push_back(pass);
    return pass.ticket;
  }
  Result<bool> finished(Ticket) override { return true; }
  Result<StepReport> wait(Ticket ticket) override {
    if (open_.empty() || open_.front().ticket != ticket) {
      ++device_.misuses;
      return invalid("no such ticket");
    }
    last_ = std::move(open_.front());
    open_.pop_front();
    if (checksum(last_.features) != last_.sum) ++device_.misuses;  // released too early
    return StepReport{last_.report};
  }
  int depth() const override { return device_.depth; }
  MemoryUse memory() const override {
    MemoryUse use;
    use.weights = plan_->parameterBytes;
    return use;
  }
  void setProfiling(bool on) override { profiling_ = on; }
  std::vector<NodeTime> profile() const override {
    std::vector<NodeTime> times;
    for (std::size_t i = 0; i < plan_->train.program.nodes.size(); ++i)
      times.push_back({static_cast<std::int32_t>(i), 0.001});
    times.push_back({kTransfer, kFakeTransfer});
    return times;
  }
  std::string limitation() const override { return device_.limitation; }

 private:
  struct Open {
    Ticket ticket = 0;
    const float* features = nullptr;
    double sum = 0;
    std::vector<float> report;
  };
  std::vector<std::byte>& block(Role role) {
    return blocks_[role == Role::Parameter ? 0 : role == Role::Optimizer ? 1 : 2];
  }
  std::int64_t rowElements() const {
    return plan_->train.program.type(plan_->train.inputs[0].value).shape.withoutFirst().elements();
  }
  double checksum(const void* features) const {
    double sum = 0;
    for (std::int64_t i = 0; i < rowElements() * plan_->batch; ++i)
      sum += static_cast<const float*>(features)[i] * static_cast<float>(i % 7 + 1);
    return sum;
  }
  // The mean of each row's first feature.
  float firstFeatures(const StepInputs& inputs) const {
    const auto rows = static_cast<std::int64_t>(inputs.step[kStepValidRows]);
    double sum = 0;
    for (std::int64_t r = 0; r < rows; ++r)
      sum += static_cast<const float*>(inputs.tensors[0])[r * rowElements()];
    return static_cast<float>(sum / static_cast<double>(rows));
  }
  // Depends on all previous steps: the order of batches, the learning rate, the bias corrections.
  void train(const StepInputs& inputs, double sum, std::vector<float>& values) {
    auto* p = reinterpret_cast<float*>(blocks_[0].data());
    auto* m = reinterpret_cast<float*>(blocks_[1].data());
    const float gradient = static_cast<float>(std::sin(sum)) + p[0];
    if (!blocks_[1].empty()) m[0] = 0.9f * m[0] + gradient / inputs.step[kStepBias1];
    p[0] -= inputs.step[kStepLearningRate] * (blocks_[1].empty() ? gradient : m[0]);
    values[0] = p[0] * p[0] + 0.001f * gradient;
    values[1] = inputs.step[kStepValidRows];
  }

  std::shared_ptr<const Plan> plan_;
  FakeDevice& device_;
  std::vector<std::byte> blocks_[3];
  std::deque<Open> open_;
  Open last_;
  Ticket tickets_ = 0;
  bool profiling_ = false;
};

// Returns the given values and counts the readings.
class FakeSensor : public Sensor {
 public:
  FakeSensor(DeviceReading reading, std::atomic<int>& count) : reading_(reading), count_(count) {}
  DeviceReading read() override {
    ++count_;
    reading_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    return reading_;
  }
  std::vector<SensorGap> gaps() const override {
    return reading_.watts ? std::vector<SensorGap>() : std::vector<SensorGap>{{"power", "it is a fake"}};
  }

 private:
  DeviceReading reading_;
  std::atomic<int>& count_;
};

class FakeBackend : public Backend {
 public:
  std::optional<DeviceReading> reading;  // nothing: the device has no sensor
  std::atomic<int> readings{0};
  FakeDevice device;
  std::string_view name() const override { return "fake"; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }
  std::string unusable() override { return {}; }
  std::vector<DeviceInfo> devices() override {
    if (device.memoryBytes == 0) return {};
    DeviceInfo info;
    info.id = device.id;
    info.totalBytes = info.freeBytes = device.memoryBytes;
    return {info};
  }
  Result<std::unique_ptr<Sensor>> sensor(const std::string& id) override {
    if (!reading) return Error{ErrorCode::Unsupported, "the fake device has no sensor", id, {}};
    return std::unique_ptr<Sensor>(std::make_unique<FakeSensor>(*reading, readings));
  }
  bool prefersBytes() const override { return false; }
  int depth() const override { return device.depth; }
  Result<KernelChoice> choose(const DeviceOptions&, const OpCall&) override {
    return KernelChoice{"fake", 0, {}};
  }
  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& /*cancelled*/) override {
    if (device.lostAtOpen) return Error{ErrorCode::DeviceLost, "the device is gone", "fake", {}};
    return std::unique_ptr<Session>(std::make_unique<FakeSession>(std::move(plan), device));
  }
  Result<double> runOp(const DeviceOptions&, const OpCall&, std::string_view, std::span<const Tensor* const>,
                       std::span<Tensor* const>, int) override {
    return invalid("the fake device runs no ops");
  }
  std::vector<std::string> kernels(const OpDef&) override { return {"fake"}; }
};

}  // namespace tandem
