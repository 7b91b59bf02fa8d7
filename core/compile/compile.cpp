#include "core/compile/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/compile/passes.h"
#include "core/layers/initializers.h"
#include "core/ops/loss_scale.h"

namespace tandem {
namespace {

class PassTimer {
 public:
  explicit PassTimer(CompileReport* report) : report_(report), before_(Clock::now()) {}

  void done(const Program& program, std::string_view phase, std::string_view pass) {
    verify(program, pass);
    const auto now = Clock::now();
    if (report_)
      report_->passes.push_back({std::string(phase) + "/" + std::string(pass),
                                 std::chrono::duration<double>(now - before_).count()});
    before_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  CompileReport* report_;
  Clock::time_point before_;
};

struct Request {
  const Network& network;
  const TrainingConfig& training;
  const DatasetInfo& data;
  Backend& backend;
  const CompileOptions& options;
  CompileReport* report;
};

bool takesBytes(ByteInput input, const Backend& backend) {
  return input == ByteInput::BackendDefault ? backend.wantsBytes() : input == ByteInput::Bytes;
}

// Builds one phase. `slots` receives the layout of the report.
Result<PhasePlan> buildPhase(const Request& r, bool training, std::vector<ReportSlot>& slots,
                             ValueId& lossScale) {
  const std::string_view name = training ? "train" : "evaluate";
  PassTimer timer(r.report);
  Draft draft;
  draft.training = training;
  draft.scalesLoss = training && r.training.device.precision == Precision::Fp16;
  draft.takesBytes = r.data.bytes && takesBytes(r.options.byteInput, r.backend);
  TANDEM_TRY(lower(draft, r.network, r.training, r.data));
  timer.done(draft.program, name, "lower");
  if (training) {
    TANDEM_TRY(differentiate(draft));
    timer.done(draft.program, name, "differentiate");
    TANDEM_TRY(update(draft, r.training));
    timer.done(draft.program, name, "update");
    draft.output =
        kNoValue;  // training returns no predictions, so an output that nothing else reads is dropped
  }
  eliminateDeadNodes(draft);
  timer.done(draft.program, name, "eliminate dead nodes");
  if (r.options.fuse) {
    fuse(draft);
    timer.done(draft.program, name, "fuse");
  }
  TANDEM_TRY(assignPrecision(draft, r.training.device.precision));
  timer.done(draft.program, name, "assign precision");
  PhasePlan phase;
  phase.features = draft.features;
  phase.labels = draft.labels;
  phase.output = draft.output;
  phase.program = std::move(draft.program);
  TANDEM_ASSIGN(phase.kernels, chooseKernels(phase.program, r.training.device, r.backend));
  timer.done(phase.program, name, "choose kernels");
  planMemory(phase, r.options.planMemory);
  timer.done(phase.program, name, "plan memory");
  if (r.report) {
    r.report->fusions.insert(r.report->fusions.end(), draft.fusions.begin(), draft.fusions.end());
    if (training) r.report->precisions = precisionByLayer(phase.program, r.training.device.precision);
  }
  slots = std::move(draft.report);
  lossScale = draft.lossScale;
  return phase;
}

std::size_t blockBytes(const Program& program, Role role) {
  for (const Value& value : program.values)
    if (value.role == role && value.base == kNoValue) return value.type.bytes();
  return 0;
}

// One batch on its device: features, labels and the step block, each at an aligned offset.
std::size_t batchBytes(const PhasePlan& phase) {
  const auto aligned = [](std::size_t bytes) {
    return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
  };
  std::size_t bytes = aligned(phase.program.type(phase.features).bytes());
  if (phase.labels != kNoValue) bytes += aligned(phase.program.type(phase.labels).bytes());
  return bytes + kStepSlots * sizeof(float);
}

// depth: Session::depth() of the backend's sessions.
MemoryUse forecast(const Plan& plan, int depth) {
  MemoryUse use;
  use.weights = plan.parameterBytes;
  use.gradients = plan.parameterBytes;
  use.optimizer = plan.optimizerBytes;
  use.states = plan.stateBytes;
  // The arena holds both activations and workspaces; workspaces count with what they add to the activations.
  PhasePlan withoutWorkspace = plan.train;
  for (KernelChoice& kernel : withoutWorkspace.kernels) kernel.workspaceBytes = 0;
  withoutWorkspace.arenaBytes = 0;
  planMemory(withoutWorkspace, true);
  const std::size_t arena = std::max(plan.train.arenaBytes, plan.evaluate.arenaBytes);
  use.activations = std::min(arena, withoutWorkspace.arenaBytes);
  use.workspace = arena - use.activations;
  use.inputs = static_cast<std::size_t>(depth) * std::max(batchBytes(plan.train), batchBytes(plan.evaluate));
  return use;
}

}  // namespace

Result<std::shared_ptr<const Plan>> compile(const Network& network, const TrainingConfig& training,
                                            const DatasetInfo& data, Backend& backend,
                                            const CompileOptions& options, CompileReport* report) {
  if (training.batch < 1)
    return invalid("the batch size must be at least 1", "training", "Set it to 32 or more");
  const Request request{network, training, data, backend, options, report};
  auto plan = std::make_shared<Plan>();
  std::vector<ReportSlot> evaluateSlots;
  ValueId scale = kNoValue, none = kNoValue;
  TANDEM_ASSIGN(plan->train, buildPhase(request, true, plan->report, scale));
  TANDEM_ASSIGN(plan->evaluate, buildPhase(request, false, evaluateSlots, none));
  plan->batch = training.batch;
  plan->options = training.device;
  plan->seed = training.seed;
  plan->parameterBytes = blockBytes(plan->train.program, Role::Parameter);
  plan->optimizerBytes = blockBytes(plan->train.program, Role::Optimizer);
  plan->stateBytes = blockBytes(plan->train.program, Role::State);
  plan->forecast = forecast(*plan, backend.depth());
  if (scale != kNoValue) plan->lossScaleOffset = plan->train.program.storage(scale).second;
  return std::shared_ptr<const Plan>(std::move(plan));
}

namespace {

Result<std::vector<float>> initialBlock(const std::vector<ParameterInfo>& infos, std::size_t bytes,
                                        std::uint64_t seed) {
  std::vector<float> block(bytes / sizeof(float), 0.0f);
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const std::size_t first = infos[i].offsetBytes / sizeof(float);
    const std::span<float> values(block.data() + first, static_cast<std::size_t>(infos[i].shape.elements()));
    TANDEM_TRY(initialize(infos[i], seed, i, values));
  }
  return block;
}

}  // namespace

Result<std::vector<float>> initialParameters(const Plan& plan) {
  return initialBlock(plan.parameters(), plan.parameterBytes, plan.seed);
}

Result<std::vector<float>> initialStates(const Plan& plan) {
  TANDEM_ASSIGN(auto block, initialBlock(plan.states(), plan.stateBytes, plan.seed));
  if (plan.lossScaleOffset) block[*plan.lossScaleOffset / sizeof(float) + kLossScaleValue] = kFirstLossScale;
  return block;
}

}  // namespace tandem
