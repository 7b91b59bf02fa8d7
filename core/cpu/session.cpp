#include "core/cpu/session.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>

#include "core/cpu/prepare.h"

namespace tandem::cpu {
namespace {

// The persistent blocks, one allocation each.
struct Blocks {
  AlignedBuffer parameters, gradients, optimizer, states, step, report;

  AlignedBuffer* of(Role role) {
    switch (role) {
      case Role::Parameter:
        return &parameters;
      case Role::Gradient:
        return &gradients;
      case Role::Optimizer:
        return &optimizer;
      case Role::State:
        return &states;
      case Role::Step:
        return &step;
      case Role::Report:
        return &report;
      case Role::Temp:
      case Role::Input:
        return nullptr;
    }
    return nullptr;
  }
};

// One phase of the plan with addresses resolved: a flat list of calls.
struct Pass {
  struct Call {
    Kernel* kernel = nullptr;
    Operands operands;
    std::int32_t node = 0;
  };
  struct InputSlot {  // an operand in the batch, whose address changes every step
    void** slot = nullptr;
    std::size_t offset = 0;
  };
  std::vector<std::unique_ptr<Kernel>> kernels;
  std::vector<std::unique_ptr<void*[]>> operandLists;
  std::vector<Call> calls;
  std::vector<std::vector<InputSlot>> inputs;  // of each of the plan's inputs
  std::vector<std::byte*> address;             // by value; nullptr for inputs
  bool frozenWeights = false;
};

class CpuSession : public Session {
 public:
  explicit CpuSession(std::shared_ptr<const Plan> plan)
      : plan_(std::move(plan)), threads_(teamSize(plan_->options)) {}

  Status prepareAll(const Cancelled& cancelled) {
    TANDEM_ASSIGN(blocks_.parameters, AlignedBuffer::make(plan_->parameterBytes, cancelled));
    TANDEM_ASSIGN(blocks_.gradients, AlignedBuffer::make(plan_->gradientBytes, cancelled));
    TANDEM_ASSIGN(blocks_.optimizer, AlignedBuffer::make(plan_->optimizerBytes, cancelled));
    TANDEM_ASSIGN(blocks_.states, AlignedBuffer::make(plan_->stateBytes, cancelled));
    blocks_.step = AlignedBuffer(kStepSlots * sizeof(float));
    blocks_.report = AlignedBuffer(plan_->reportBytes());
    // Training and evaluation never run at once, so they share the arena.
    const std::size_t arena = std::max(plan_->train.arenaBytes, plan_->evaluate.arenaBytes);
    TANDEM_ASSIGN(arena_, AlignedBuffer::make(arena, cancelled));
    std::size_t packed = 0;
    for (const KernelChoice& kernel : plan_->evaluate.kernels) packed += kernel.packedBytes;
    TANDEM_ASSIGN(packed_, AlignedBuffer::make(packed, cancelled));
    TANDEM_TRY(resolve(plan_->train, train_, cancelled));
    return resolve(plan_->evaluate, evaluate_, cancelled);
  }

  Status write(Role block, std::size_t offset, std::span<const std::byte> bytes) override {
    AlignedBuffer* buffer = blocks_.of(block);
    TANDEM_CHECK(buffer && offset + bytes.size() <= buffer->size(), "write past the end of a block");
    if (!bytes.empty()) std::memcpy(buffer->data() + offset, bytes.data(), bytes.size());
    ++writes_;
    return success();
  }

  Status read(Role block, std::size_t offset, std::span<std::byte> bytes) override {
    const AlignedBuffer* buffer = blocks_.of(block);
    TANDEM_CHECK(buffer && offset + bytes.size() <= buffer->size(), "read past the end of a block");
    if (!bytes.empty()) std::memcpy(bytes.data(), buffer->data() + offset, bytes.size());
    return success();
  }

  Status readValue(Phase phase, ValueId value, std::span<std::byte> bytes) override {
    const Pass& pass = phase == Phase::Train ? train_ : evaluate_;
    TANDEM_CHECK(value >= 0 && static_cast<std::size_t>(value) < pass.address.size(), "no such value");
    const std::byte* from = pass.address[static_cast<std::size_t>(value)];
    TANDEM_CHECK(from && bytes.size() <= plan_->phase(phase).program.type(value).bytes(),
                 "value is not readable");
    std::memcpy(bytes.data(), from, bytes.size());
    return success();
  }

  // Runs to completion: on the CPU, the caller's thread does the work.
  Result<Ticket> submit(Phase phase, const StepInputs& inputs) override {
    if (omp_get_max_threads() != threads_) omp_set_num_threads(threads_);
    Pass& pass = phase == Phase::Train ? train_ : evaluate_;
    std::memcpy(blocks_.step.data(), inputs.step.data(), sizeof(inputs.step));
    if (phase == Phase::Train)
      std::memset(blocks_.report.data(), 0, plan_->train.reportValues * sizeof(float));
    TANDEM_CHECK(inputs.tensors.size() == pass.inputs.size(), "a pass needs all inputs of the plan");
    for (std::size_t i = 0; i < pass.inputs.size(); ++i) bind(pass.inputs[i], inputs.tensors[i]);
    if (pass.frozenWeights)
      for (Pass::Call& call : pass.calls) call.operands.weightsVersion = writes_ + 1;
    if (profiling_)
      runTimed(pass);
    else
      for (const Pass::Call& call : pass.calls) call.kernel->run(call.operands);
    result_ = {{reinterpret_cast<const float*>(blocks_.report.data()), plan_->phase(phase).reportValues}};
    return ++ticket_;
  }

  Result<bool> finished(Ticket) override { return true; }
  Result<StepReport> wait(Ticket ticket) override {
    TANDEM_CHECK(ticket == ticket_, "only the last ticket is open");
    return result_;
  }
  int depth() const override { return kSessionDepth; }

  MemoryUse memory() const override {
    MemoryUse use = plan_->forecast;
    use.weights = blocks_.parameters.size() + packed_.size();
    use.gradients = blocks_.gradients.size();
    use.optimizer = blocks_.optimizer.size();
    use.states = blocks_.states.size();
    return use;
  }

  void setProfiling(bool on) override { profiling_ = on; }
  std::vector<NodeTime> profile() const override { return profile_; }

 private:
  static void bind(const std::vector<Pass::InputSlot>& slots, const void* base) {
    // Kernels access inputs as const; the table is not const because it also holds outputs.
    auto* bytes = static_cast<std::byte*>(const_cast<void*>(base));
    for (const Pass::InputSlot& slot : slots) *slot.slot = bytes + slot.offset;
  }

  void runTimed(Pass& pass) {
    using Clock = std::chrono::steady_clock;
    profile_.resize(pass.calls.size());
    auto before = Clock::now();
    for (std::size_t i = 0; i < pass.calls.size(); ++i) {
      pass.calls[i].kernel->run(pass.calls[i].operands);
      const auto after = Clock::now();
      profile_[i] = {pass.calls[i].node, std::chrono::duration<double>(after - before).count()};
      before = after;
    }
  }

  Status resolve(const PhasePlan& phase, Pass& pass, const Cancelled& cancelled) {
    const Program& program = phase.program;
    pass.address.resize(program.values.size(), nullptr);
    pass.inputs.resize(phase.inputs.size());
    pass.frozenWeights = program.frozen;
    for (std::size_t id = 0; id < program.values.size(); ++id) {
      const auto [owner, offset] = program.storage(static_cast<ValueId>(id));
      const Role role = program.value(owner).role;
      if (role == Role::Input) continue;
      std::byte* base = nullptr;
      if (role == Role::Temp) {
        const std::size_t start = phase.arenaOffset[static_cast<std::size_t>(owner)];
        if (start == kNotInArena) continue;  // unused
        base = arena_.data() + start;
      } else {
        base = blocks_.of(role)->data();
      }
      pass.address[id] = base + offset;
    }
    for (std::size_t i = 0; i < program.nodes.size(); ++i) {
      const Node& node = program.nodes[i];
      if (node.op->view) continue;
      TANDEM_TRY(checkCancelled(cancelled));  // a kernel may compile itself
      TANDEM_TRY(addCall(phase, pass, node, static_cast<std::int32_t>(i)));
    }
    return success();
  }

  Status addCall(const PhasePlan& phase, Pass& pass, const Node& node, std::int32_t index) {
    const Program& program = phase.program;
    const OpCall call = callOf(program, node);
    const KernelChoice& choice = phase.kernels[static_cast<std::size_t>(index)];
    TANDEM_ASSIGN(Prepared prepared, prepare(plan_->options, call, choice.kernel));
    auto list = std::make_unique<void*[]>(node.inputs.size() + node.outputs.size());
    const auto resolveOperand = [&](ValueId id, void*& slot) {
      if (id == kNoValue) return;
      slot = pass.address[static_cast<std::size_t>(id)];
      const auto [owner, offset] = program.storage(id);
      if (program.value(owner).role != Role::Input) return;
      const auto input = std::ranges::find(phase.inputs, owner, &PlanInput::value);
      TANDEM_CHECK(input != phase.inputs.end(), "an input that no step provides");
      pass.inputs[static_cast<std::size_t>(input - phase.inputs.begin())].push_back({&slot, offset});
    };
    for (std::size_t k = 0; k < node.inputs.size(); ++k) resolveOperand(node.inputs[k], list[k]);
    for (std::size_t k = 0; k < node.outputs.size(); ++k)
      resolveOperand(node.outputs[k], list[node.inputs.size() + k]);
    Pass::Call entry;
    entry.kernel = prepared.kernel.get();
    entry.operands = {list.get(), list.get() + node.inputs.size(),
                      arena_.data() + phase.workspaceOffset[static_cast<std::size_t>(index)],
                      packed_.data() + packedUsed_};
    packedUsed_ += choice.packedBytes;
    entry.node = index;
    pass.calls.push_back(entry);
    pass.kernels.push_back(std::move(prepared.kernel));
    pass.operandLists.push_back(std::move(list));
    return success();
  }

  std::shared_ptr<const Plan> plan_;
  const int threads_;
  Blocks blocks_;
  AlignedBuffer arena_, packed_;
  std::size_t packedUsed_ = 0;
  std::uint64_t writes_ = 0;
  Pass train_, evaluate_;
  StepReport result_;
  Ticket ticket_ = 0;
  bool profiling_ = false;
  std::vector<NodeTime> profile_;
};

}  // namespace

Result<std::unique_ptr<Session>> openSession(std::shared_ptr<const Plan> plan, const Cancelled& cancelled) {
  try {
    auto session = std::make_unique<CpuSession>(std::move(plan));
    TANDEM_TRY(session->prepareAll(cancelled));
    return std::unique_ptr<Session>(std::move(session));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "not enough memory for this network at this batch size", "cpu",
                 "Use a smaller batch"};
  }
}

}  // namespace tandem::cpu
