// Plan: a Program frozen for one device and batch size: kernels chosen, memory placed. Immutable and
// shared; all run state is in the Session. Built by core/compile, executed by a Backend.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ops/program.h"
#include "core/ops/step_block.h"

namespace tandem {

enum class Precision : std::uint8_t { Fp32, Tf32, Bf16, Fp16 };
std::string_view nameOf(Precision precision);  // "fp32", ...
std::optional<Precision> precisionFromName(std::string_view name);

struct DeviceOptions {
  std::string device = "cpu";  // "cpu", "cuda:0", ...
  int threads = 0;             // CPU: 0 means all cores
  Precision precision = Precision::Fp32;
  bool deterministic = true;  // repeated runs are bit-identical
  bool findFaults = false;    // GPU: waits for every kernel (slow), so that a fault is attributed to a layer
  std::vector<std::string> avoid;  // kernel names to exclude ("onednn"), for comparisons
};

struct Refusal {
  std::string kernel;
  std::string reason;
};

// The kernel that will run a node, and why the kernels before it in the list were refused.
struct KernelChoice {
  std::string kernel;
  std::size_t workspaceBytes = 0;
  std::vector<Refusal> refusals;
  std::size_t packedBytes =
      0;                    // weights in the kernel's own layout, converted once; see OpCall::frozenWeights
  std::string detail = {};  // which of its algorithms a library runs: "engine 11"

  std::string text() const { return detail.empty() ? kernel : kernel + " (" + detail + ")"; }
};

enum class Phase : std::uint8_t { Train, Evaluate };

// A tensor that each pass is given: a tensor of the data, by its name there.
struct PlanInput {
  std::string name;
  ValueId value = kNoValue;  // (batch, ...); kNoValue if nothing reads it
  std::size_t tensor = 0;    // its index in the data that the plan was compiled for
};

// A result of the network, by the name of its layer.
struct PlanOutput {
  std::string name;
  ValueId value = kNoValue;
};

// One program with its kernels and memory plan. Values that own storage and have Role::Temp are stored in the
// arena at arenaOffset[value]; others are stored in the block of their role.
struct PhasePlan {
  Program program;
  std::vector<KernelChoice> kernels;         // by node
  std::vector<std::size_t> workspaceOffset;  // by node, into the arena
  std::vector<std::size_t> arenaOffset;      // by value; kNotInArena for others
  std::size_t arenaBytes = 0;
  std::vector<PlanInput>
      inputs;  // in the order of StepInputs, the same in all phases: features, targets, weights, then lengths
  std::vector<PlanOutput> outputs;  // in the order of the heads; readable after a run. None in training
  std::size_t reportValues = 0;     // f32 in the report block
};
inline constexpr std::size_t kNotInArena = ~std::size_t{0};
inline constexpr std::size_t kArenaAlignment = 256;

// How the values of an epoch's batches become one.
enum class Reducer : std::uint8_t {
  MeanOverRows,
  MeanOverUpdates,  // by the last batch of each update, which has as much weight as the update has rows
  Last              // a counter or state
};

// A value that a run reports, and where it comes from: the report block, which each step writes. The block contains
// means over the valid rows of the batch, which are reduced over batches before they become the value.
struct ReportSlot {
  std::string name;  // "loss", "accuracy", "rmse", "gradient_norm"
  int slot = 0;      // index into the reported values
  bool higherIsBetter = false;
  bool trainingOnly = false;    // evaluation does not write it
  bool evaluationOnly = false;  // training does not write it
  double unit = 1;  // factor from the network's unit to the target's (errors of standardized targets)
  // In a plan; recorded values are final.
  int first = 0, width = 1;  // its values in the report block, which it may share
  double (*value)(std::span<const double> means) = nullptr;  // from those; nullptr: the first
  std::vector<double> weights = {};                          // or their sum with these weights
  Reducer reducer = Reducer::MeanOverRows;
  // Of each of its values: where the report block has the number of rows that it is the mean of, such as the steps of
  // samples that differ in length; -1, or none at all: the samples of the batch.
  std::vector<int> counts = {};
};
inline constexpr int kReportSlots = 48;
// The most values of the report block in training; evaluation may have more.
inline constexpr int kReportBlock = 128;

// Counts of rows by true and predicted class, which evaluation reports beside the values.
struct ReportMatrix {
  std::string name;                  // "confusion_matrix"
  std::vector<std::string> classes;  // of its rows and columns, by name
  // In a plan: the fractions in the report block of the evaluation.
  int first = 0;
  std::int64_t rowsPerSample = 1;
  int count = -1;  // where the report block has the number of what counts instead of samples; see ReportSlot
  std::size_t size() const { return classes.size() * classes.size(); }
};
// By true class, then by predicted class: ReportMatrix::size() of them.
using ClassCounts = std::vector<std::int64_t>;

// The slot of that name; nullptr if it is not reported.
const ReportSlot* findSlot(std::span<const ReportSlot> slots, std::string_view name);
const ReportSlot* lossSlot(std::span<const ReportSlot> slots);  // nullptr only before a run has started
// The first value besides the loss that evaluation reports, such as the accuracy; nullptr if there is none.
const ReportSlot* metricSlot(std::span<const ReportSlot> slots);

// Bytes by category, as forecast before a run and as measured during it.
struct MemoryUse {
  std::size_t weights = 0, gradients = 0, optimizer = 0, states = 0;
  std::size_t activations = 0, workspace = 0, inputs = 0, context = 0;
  // In the memory of the machine, if that is the device: the weights of the best epoch, and a checkpoint while it is
  // written.
  std::size_t checkpoint = 0;
  std::size_t total() const {
    return weights + gradients + optimizer + states + activations + workspace + inputs + context + checkpoint;
  }
};

// A batch norm that is part of the layer before it: that layer's weights are scaled before they are written, and
// beta becomes its bias. All are names of parameters and states. Folds apply in order, each on the result of the
// one before.
struct BatchNormFold {
  std::string kernel, bias;   // bias: empty if the layer has none
  bool channelsLast = false;  // in the kernel: (inputs, units); else (filters, ...)
  std::string gamma, beta, mean, variance;
  double epsilon = 0;
};

// A plan for inference has no training phase, gradients, optimizer, labels or report.
struct Plan {
  PhasePlan train;
  PhasePlan evaluate;
  std::int64_t batch = 0;
  std::size_t parameterBytes = 0;  // of the Parameter block
  std::size_t gradientBytes = 0;   // of the Gradient block
  std::size_t optimizerBytes = 0;  // of the Optimizer block
  std::size_t stateBytes = 0;      // of the State block
  // Offset of the loss-scaling state (core/ops/loss_scale.h) in the State block; absent when scaling is off.
  std::optional<std::size_t> lossScaleOffset;
  // Offset of the averaged weights, which evaluation reads, in the Optimizer block, whose last part they are; absent when
  // weights are not averaged. They have the layout of the Parameter block.
  std::optional<std::size_t> averageOffset;
  std::vector<ReportSlot> report;
  std::size_t faults = 0;  // where the report block of training has what core/ops/update_faults.h describes
  std::vector<ReportMatrix> matrices;
  std::vector<BatchNormFold> folds;  // of a plan for inference
  MemoryUse forecast;
  DeviceOptions options;
  std::uint64_t seed = 0;

  // What StepInputs holds, in its order. Images are normalized f32, or u8, which the plan itself normalizes.
  const std::vector<PlanInput>& inputs() const { return main().inputs; }
  const TensorType& inputType(std::size_t index) const { return main().program.type(inputs()[index].value); }
  bool takesBytes() const {
    for (std::size_t i = 0; i < inputs().size(); ++i)
      if (inputs()[i].value != kNoValue && inputType(i).dtype == DType::U8) return true;
    return false;
  }
  bool trains() const { return !train.program.values.empty(); }
  std::size_t reportBytes() const {
    return std::max(train.reportValues, evaluate.reportValues) * sizeof(float);
  }
  const PhasePlan& phase(Phase phase) const { return phase == Phase::Train ? train : evaluate; }
  const std::vector<ParameterInfo>& parameters() const { return main().program.parameters; }
  const std::vector<ParameterInfo>& states() const { return main().program.states; }

 private:
  const PhasePlan& main() const { return trains() ? train : evaluate; }
};

}  // namespace tandem
