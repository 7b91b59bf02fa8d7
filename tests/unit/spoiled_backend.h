// The CPU with a fault injected into one kernel, for tests that must find it. Runs a plan node by node
// through runOp(), so that training and diagnosis use the same kernel.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>

#include "core/runtime/backend.h"
#include "core/train/batch_tensors.h"

namespace tandem {

struct Spoil {
  std::string op, kernel;
  std::function<bool(const OpCall&)> where = [](const OpCall&) { return true; };
  std::function<void(std::span<float>)> how;
  std::size_t output = 0;  // which result
};

class SpoiledSession : public Session {
 public:
  SpoiledSession(std::shared_ptr<const Plan> plan, Backend& backend)
      : plan_(std::move(plan)), backend_(backend) {
    for (const PhasePlan* phase : {&plan_->train, &plan_->evaluate})
      for (std::size_t id = 0; id < phase->program.values.size(); ++id) {
        const Value& value = phase->program.values[id];
        if (value.base == kNoValue && value.role == Role::Temp)
          storage(*phase, static_cast<ValueId>(id)).resize(value.type.bytes());
      }
    for (const Role role : {Role::Parameter, Role::Gradient}) blocks_[role].resize(plan_->parameterBytes);
    blocks_[Role::Optimizer].resize(plan_->optimizerBytes);
    blocks_[Role::State].resize(plan_->stateBytes);
    blocks_[Role::Step].resize(kStepSlots * sizeof(float));
    blocks_[Role::Report].resize(plan_->reportBytes());
  }

  Status write(Role role, std::size_t offset, std::span<const std::byte> bytes) override {
    std::ranges::copy(bytes, blocks_[role].begin() + static_cast<std::ptrdiff_t>(offset));
    return success();
  }
  Status read(Role role, std::size_t offset, std::span<std::byte> bytes) override {
    std::ranges::copy_n(blocks_[role].begin() + static_cast<std::ptrdiff_t>(offset), std::ssize(bytes),
                        bytes.begin());
    return success();
  }
  Status readValue(Phase phase, ValueId value, std::span<std::byte> bytes) override {
    std::memcpy(bytes.data(), address(plan_->phase(phase), value), bytes.size());
    return success();
  }

  Result<Ticket> submit(Phase phase, const StepInputs& inputs) override {
    const PhasePlan& plan = plan_->phase(phase);
    inputs_ = inputs;
    std::memcpy(blocks_[Role::Step].data(), inputs.step.data(), sizeof(inputs.step));
    if (phase == Phase::Train) std::ranges::fill(blocks_[Role::Report], std::byte{0});
    for (std::size_t i = 0; i < plan.program.nodes.size(); ++i)
      if (!plan.program.nodes[i].op->view)
        TANDEM_TRY(runNode(plan, plan.program.nodes[i], plan.kernels[i].kernel));
    report_ = {{reinterpret_cast<const float*>(blocks_[Role::Report].data()), plan.reportValues}};
    return ++ticket_;
  }
  Result<bool> finished(Ticket) override { return true; }
  Result<StepReport> wait(Ticket) override { return report_; }
  int depth() const override { return 1; }
  MemoryUse memory() const override { return plan_->forecast; }
  void setProfiling(bool) override {}
  std::vector<NodeTime> profile() const override { return {}; }

 private:
  std::vector<std::byte>& storage(const PhasePlan& phase, ValueId owner) {
    return temporaries_[&phase == &plan_->train ? 0 : 1][owner];
  }
  std::byte* address(const PhasePlan& phase, ValueId id) {
    const auto [owner, offset] = phase.program.storage(id);
    const Role role = phase.program.value(owner).role;
    if (role == Role::Temp) return storage(phase, owner).data() + offset;
    if (role != Role::Input) return blocks_[role].data() + offset;
    const void* from = inputs_.tensors[inputOf(phase, owner)];
    return static_cast<std::byte*>(const_cast<void*>(from)) + offset;
  }
  Status runNode(const PhasePlan& phase, const Node& node, const std::string& kernel) {
    const OpCall call = callOf(phase.program, node);
    std::vector<Tensor> tensors;
    tensors.reserve(call.inputs.size() + call.outputs.size());
    std::vector<const Tensor*> in;
    std::vector<Tensor*> out;
    const auto tensorAt = [&](ValueId id, const TensorType& type) -> Tensor* {
      if (id == kNoValue) return nullptr;
      tensors.emplace_back(type);
      std::memcpy(tensors.back().bytes().data(), address(phase, id), type.bytes());
      return &tensors.back();
    };
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      in.push_back(tensorAt(node.inputs[i], call.inputs[i]));
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      out.push_back(tensorAt(node.outputs[i], call.outputs[i]));
    TANDEM_TRY(backend_.runOp(plan_->options, call, kernel, in, out, 1));
    for (std::size_t i = 0; i < out.size(); ++i)
      if (out[i])
        std::memcpy(address(phase, node.outputs[i]), out[i]->bytes().data(), out[i]->bytes().size());
    return success();
  }

  std::shared_ptr<const Plan> plan_;
  Backend& backend_;
  std::map<ValueId, std::vector<std::byte>> temporaries_[2];
  std::map<Role, std::vector<std::byte>> blocks_;
  StepInputs inputs_;
  StepReport report_;
  Ticket ticket_ = 0;
};

class SpoiledBackend : public Backend {
 public:
  SpoiledBackend(Backend& inner, Spoil spoil) : inner_(inner), spoil_(std::move(spoil)) {}
  std::string_view name() const override { return "spoiled"; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }
  std::string unusable() override { return {}; }
  std::vector<DeviceInfo> devices() override { return {}; }
  Result<std::unique_ptr<Sensor>> sensor(const std::string& device) override { return inner_.sensor(device); }
  bool prefersBytes() const override { return inner_.prefersBytes(); }
  int depth() const override { return 1; }
  Result<KernelChoice> choose(const DeviceOptions& options, const OpCall& call) override {
    return inner_.choose(options, call);
  }
  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& /*cancelled*/) override {
    return std::unique_ptr<Session>(std::make_unique<SpoiledSession>(std::move(plan), *this));
  }
  Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                       std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
                       int repeat) override {
    auto seconds = inner_.runOp(options, call, kernel, inputs, outputs, repeat);
    if (seconds.ok() && call.op->name == spoil_.op && kernel == spoil_.kernel && spoil_.where(call))
      spoil_.how(outputs[spoil_.output]->as<float>());
    return seconds;
  }
  std::vector<std::string> kernels(const OpDef& op) override { return inner_.kernels(op); }

 private:
  Backend& inner_;
  Spoil spoil_;
};

}  // namespace tandem
