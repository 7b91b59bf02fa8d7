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
  const DeviceOptions& device;
  Backend& backend;
  const CompileOptions& options;
  CompileReport* report;
};

bool takesBytes(ByteInput input, const Backend& backend) {
  return input == ByteInput::BackendDefault ? backend.prefersBytes() : input == ByteInput::Bytes;
}

// The passes that are the same for each phase, from the first simplification on.
Result<PhasePlan> finishPhase(const Request& r, std::string_view name, PassTimer& timer, Draft& draft) {
  TANDEM_TRY(checkCancelled(r.options.cancelled));
  eliminateDeadNodes(draft);
  timer.done(draft.program, name, "eliminate dead nodes");
  if (r.options.fuse) {
    fuse(draft);
    timer.done(draft.program, name, "fuse");
  }
  TANDEM_TRY(checkCancelled(r.options.cancelled));
  TANDEM_TRY(assignPrecision(draft, r.device.precision));
  timer.done(draft.program, name, "assign precision");
  PhasePlan phase;
  phase.inputs = std::move(draft.inputs);
  phase.outputs = std::move(draft.outputs);
  phase.program = std::move(draft.program);
  phase.reportValues = static_cast<std::size_t>(draft.reportUsed);
  TANDEM_ASSIGN(phase.kernels, chooseKernels(phase.program, r.device, r.backend));
  timer.done(phase.program, name, "choose kernels");
  TANDEM_TRY(planMemory(phase, r.options.planMemory, r.options.cancelled));
  timer.done(phase.program, name, "plan memory");
  if (r.report) {
    r.report->fusions.insert(r.report->fusions.end(), draft.fusions.begin(), draft.fusions.end());
    if (draft.training || phase.program.frozen)
      r.report->precisions = precisionByLayer(phase.program, r.device.precision);
  }
  return phase;
}

// What a phase of a plan for training reports, and where it scales its loss.
struct PhaseReport {
  std::vector<ReportSlot> slots;
  std::vector<ReportMatrix> matrices;
  ValueId lossScale = kNoValue, faults = kNoValue;
};

// Builds one phase of a plan for training.
Result<PhasePlan> buildPhase(const Request& r, const Network& network, const TrainingConfig& config,
                             const DatasetInfo& data, bool training, PhaseReport& reported) {
  const std::string_view name = training ? "train" : "evaluate";
  PassTimer timer(r.report);
  Draft draft;
  draft.training = training;
  draft.scalesLoss = training && r.device.precision == Precision::Fp16;
  draft.takesBytes = takesBytes(r.options.byteInput, r.backend);
  TANDEM_TRY(lower(draft, network, config, data));
  timer.done(draft.program, name, "lower");
  if (training) {
    TANDEM_TRY(differentiate(draft));
    timer.done(draft.program, name, "differentiate");
    TANDEM_TRY(update(draft, config));
    timer.done(draft.program, name, "update");
    draft.outputs
        .clear();  // training returns no predictions, so an output that nothing else reads is dropped
  }
  reported = {std::move(draft.report), std::move(draft.matrices), draft.lossScale, draft.faults};
  return finishPhase(r, name, timer, draft);
}

// Values of both phases are at the same place in both report blocks; those that only one phase writes follow them.
std::vector<ReportSlot> mergedSlots(std::vector<ReportSlot> slots, const std::vector<ReportSlot>& evaluated) {
  for (const ReportSlot& slot : evaluated) {
    if (!slot.evaluationOnly) continue;
    slots.push_back(slot);
    slots.back().slot = static_cast<int>(slots.size()) - 1;
  }
  TANDEM_CHECK(slots.size() <= kReportSlots, "too many reported values");
  return slots;
}

std::size_t blockBytes(const Program& program, Role role) {
  for (const Value& value : program.values)
    if (value.role == role && value.base == kNoValue) return value.type.bytes();
  return 0;
}

// One batch on its device: tensors and the step block, each at an aligned offset.
std::size_t batchBytes(const PhasePlan& phase) {
  const auto aligned = [](std::size_t bytes) {
    return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
  };
  std::size_t bytes = kStepSlots * sizeof(float);
  for (const PlanInput& input : phase.inputs)
    if (input.value != kNoValue) bytes += aligned(phase.program.type(input.value).bytes());
  return bytes;
}

// Batches in the memory of the plan's device: one for each open pass, or, where that is the memory of the machine,
// all that the loaders of the training and validation set hold.
int batchesInMemory(Backend& backend, bool ofMachine) {
  return ofMachine ? 2 * (backend.depth() + kPrefetchedBatches) : backend.depth();
}

bool usesMemoryOfMachine(Backend& backend, const DeviceOptions& options) {
  return std::ranges::any_of(backend.devices(), [&](const DeviceInfo& device) {
    return isDevice(device, options.device) && device.threads > 0;
  });
}

// The weights of the best epoch remain in memory. A checkpoint is a copy of the blocks, and the file is built from it
// and from the best weights before it is written.
std::size_t checkpointBytes(const Plan& plan) {
  const std::size_t weights = plan.parameterBytes + plan.stateBytes;
  const std::size_t copy = weights + plan.optimizerBytes, file = copy + weights;
  return weights + copy + file;
}

Result<MemoryUse> forecast(const Plan& plan, int batches, const Cancelled& cancelled) {
  MemoryUse use;
  use.weights = plan.parameterBytes;
  for (const KernelChoice& kernel : plan.evaluate.kernels) use.weights += kernel.packedBytes;
  use.gradients = plan.gradientBytes;
  use.optimizer = plan.optimizerBytes;
  use.states = plan.stateBytes;
  // The arena holds both activations and workspaces; workspaces count with what they add to the activations.
  const PhasePlan& larger = plan.trains() ? plan.train : plan.evaluate;
  PhasePlan withoutWorkspace = larger;
  for (KernelChoice& kernel : withoutWorkspace.kernels) kernel.workspaceBytes = 0;
  withoutWorkspace.arenaBytes = 0;
  TANDEM_TRY(planMemory(withoutWorkspace, true, cancelled));
  const std::size_t arena = std::max(plan.train.arenaBytes, plan.evaluate.arenaBytes);
  use.activations = std::min(arena, withoutWorkspace.arenaBytes);
  use.workspace = arena - use.activations;
  use.inputs = static_cast<std::size_t>(batches) * std::max(batchBytes(larger), batchBytes(plan.evaluate));
  return use;
}

}  // namespace

Result<std::shared_ptr<const Plan>> compile(const Network& network, const TrainingConfig& training,
                                            const DatasetInfo& data, Backend& backend,
                                            const CompileOptions& options, CompileReport* report) {
  if (training.batch < 1)
    return invalid("the batch size must be at least 1", "training", "Set it to 32, for example");
  const Request request{training.device, backend, options, report};
  auto plan = std::make_shared<Plan>();
  PhaseReport trained, evaluated;
  TANDEM_ASSIGN(plan->train, buildPhase(request, network, training, data, true, trained));
  TANDEM_ASSIGN(plan->evaluate, buildPhase(request, network, training, data, false, evaluated));
  plan->report = mergedSlots(std::move(trained.slots), evaluated.slots);
  plan->matrices = std::move(evaluated.matrices);
  plan->batch = training.batch;
  plan->options = training.device;
  plan->seed = training.seed;
  plan->parameterBytes = plan->gradientBytes = blockBytes(plan->train.program, Role::Parameter);
  plan->optimizerBytes = blockBytes(plan->train.program, Role::Optimizer);
  plan->stateBytes = blockBytes(plan->train.program, Role::State);
  if (training.average > 0 && plan->parameterBytes > 0)
    plan->averageOffset = OptimizerBlock::of(training, plan->parameterBytes).average;
  const bool ofMachine = usesMemoryOfMachine(backend, training.device);
  TANDEM_ASSIGN(plan->forecast, forecast(*plan, batchesInMemory(backend, ofMachine), options.cancelled));
  plan->forecast.context = backend.contextBytes(training.device.device);
  if (ofMachine && options.checkpoints) plan->forecast.checkpoint = checkpointBytes(*plan);
  if (trained.lossScale != kNoValue)
    plan->lossScaleOffset = plan->train.program.storage(trained.lossScale).second;
  plan->faults = plan->train.program.storage(trained.faults).second / sizeof(float);
  return std::shared_ptr<const Plan>(std::move(plan));
}

Result<std::shared_ptr<const Plan>> compileForInference(const Network& network,
                                                        std::span<const Source> outputs, std::int64_t batch,
                                                        const DeviceOptions& device, Backend& backend,
                                                        const CompileOptions& options,
                                                        CompileReport* report) {
  if (batch < 1) return invalid("the batch size must be at least 1", "inference");
  const Request request{device, backend, options, report};
  PassTimer timer(report);
  Draft draft;
  TANDEM_TRY(lowerForInference(draft, network, outputs, batch));
  timer.done(draft.program, "inference", "lower");
  moveViewsBack(draft);
  timer.done(draft.program, "inference", "move views");
  auto plan = std::make_shared<Plan>();
  if (options.foldBatchNorms && device.precision == Precision::Fp32) {
    plan->folds = foldBatchNorms(draft);
    timer.done(draft.program, "inference", "fold batch norms");
  }
  gatherWeights(draft);
  timer.done(draft.program, "inference", "gather weights");
  TANDEM_ASSIGN(plan->evaluate, finishPhase(request, "inference", timer, draft));
  plan->batch = batch;
  plan->options = device;
  plan->parameterBytes = blockBytes(plan->evaluate.program, Role::Parameter);
  plan->stateBytes = blockBytes(plan->evaluate.program, Role::State);
  TANDEM_ASSIGN(plan->forecast, forecast(*plan, backend.depth(), options.cancelled));
  plan->forecast.context = backend.contextBytes(device.device);
  return std::shared_ptr<const Plan>(std::move(plan));
}

namespace {

Result<std::vector<float>> initialBlock(const std::vector<ParameterInfo>& infos, std::size_t bytes,
                                        std::uint64_t seed) {
  std::vector<float> block(bytes / sizeof(float), 0.0f);
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const std::size_t first = infos[i].offsetBytes / sizeof(float);
    const std::span<float> values(block.data() + first, static_cast<std::size_t>(infos[i].shape.elements()));
    TANDEM_TRY(initialize(infos[i], seed, infos[i].stream.value_or(0), values));
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
