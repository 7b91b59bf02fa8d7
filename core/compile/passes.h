// The passes of the compiler over one Draft, in the order in which compile.cpp runs them. Each is named,
// timed, and followed by verify().
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/compile/compile.h"

namespace tandem {

// A phase under construction.
struct Draft {
  Program program;
  bool training = false;
  bool scalesLoss = false;  // dynamic loss scaling: fp16 training
  bool takesBytes = false;  // images arrive as bytes
  std::vector<PlanInput> inputs;
  std::vector<PlanOutput> outputs;  // of the network (probabilities or numbers)
  bool isOutput(ValueId id) const;
  std::vector<ValueId> losses;  // one per head
  ValueId step = kNoValue;      // the step block, with the loss scale if there is one
  ValueId lossScale = kNoValue;
  ValueId sampleWeights = kNoValue;  // one per sample; in training only
  ValueId reportBlock = kNoValue;
  ValueId parameterBlock = kNoValue, gradientBlock = kNoValue, stateBlock = kNoValue;
  std::map<std::size_t, ValueId> gradients;  // by index into program.parameters
  std::vector<ReportSlot> report;
  std::vector<ReportMatrix> matrices;
  int reportUsed = 0;         // values of the report block
  ValueId faults = kNoValue;  // of them, those of core/ops/update_faults.h
  std::vector<std::string> fusions;
};

// The parts of the Optimizer block, as offsets in bytes.
struct OptimizerBlock {
  std::size_t stateBytes = 0;    // of the optimizer; it comes first
  std::size_t meanGradient = 0;  // of the batches of an update (TrainingConfig::accumulate)
  std::size_t average = 0;       // of the weights (TrainingConfig::average); it comes last
  std::size_t bytes = 0;         // of the whole block
  static OptimizerBlock of(const TrainingConfig& training, std::size_t parameterBytes);
};

// check_vocabulary.cpp: whether embeddings have a row for each token of the data.
void checkVocabularies(const Network& network, const DatasetInfo& data, std::vector<Problem>& problems);
// Makes a value a part of the report block unless it is already.
void placeInReport(Draft& draft, ValueId value, const std::string& name);
// Adds a value of the report. `source`, one or more f32, becomes part of the report block unless it is already.
void report(Draft& draft, ValueId source, ReportSlot slot);
// lower_heads.cpp: the losses of all heads, and then the metrics, so that the report begins with the losses. tensors: what
// they read of the data; lengths: those of targets that vary in length.
Status lowerHeads(Draft& draft, const TrainingConfig& training, const std::map<std::size_t, ValueId>& tensors,
                  ValueId lengths, const DatasetInfo& data);
// lower.cpp: converts network, loss and metrics to ops; gathers parameters and states into blocks.
Status lower(Draft& draft, const Network& network, const TrainingConfig& training, const DatasetInfo& data);
// The same for inference, without loss and metrics. The weights are not gathered: gatherWeights() follows.
Status lowerForInference(Draft& draft, const Network& network, std::span<const Source> outputs,
                         std::int64_t batch);
void gatherWeights(Draft& draft);
// move_views.cpp: for inference, lets biases, batch norms and activations of sequences follow the layer directly, so that
// the next passes can fold and fuse them.
void moveViewsBack(Draft& draft);
// fold_batch_norms.cpp: makes each batch norm a bias of the convolution or dense layer before it if nothing else
// reads that layer. The folds say how to compute the remaining weights.
std::vector<BatchNormFold> foldBatchNorms(Draft& draft);
// differentiate.cpp: gradients of the loss for every parameter, each a view into the gradient block.
Status differentiate(Draft& draft);
// update.cpp: adds the accumulation of gradients, penalties, clipping, the optimizer and the average of the weights.
Status update(Draft& draft, const TrainingConfig& training);
// simplify.cpp: drops nodes whose results are not read.
void eliminateDeadNodes(Draft& draft);
// fuse.cpp: fuses ops, as fusions/*.cpp say: bias and activation into matmuls, convolutions and batch norms; into batch
// norms also the add of a shortcut if a relu follows it.
void fuse(Draft& draft);
// precision.cpp: assigns half types and inserts casts for bf16 and fp16; no-op for fp32 and tf32.
Status assignPrecision(Draft& draft, Precision precision);
// The precision of each layer, and why: lines for CompileReport::precisions.
std::vector<std::string> precisionByLayer(const Program& program, Precision precision);
// choose.cpp: chooses a kernel for every node; an Error names the layer that has none.
Result<std::vector<KernelChoice>> chooseKernels(const Program& program, const DeviceOptions& options,
                                                Backend& backend);
// memory.cpp: assigns arena offsets to temporaries and workspaces.
Status planMemory(PhasePlan& phase, bool reuse, const Cancelled& cancelled);

// Checks the invariants of Program. A violation (a value read before it is written, written twice, or a view
// past its base) is a bug in the pass that ran last.
void verify(const Program& program, std::string_view pass);

// Index of the node that produces each value; -1 for inputs and blocks.
std::vector<std::int32_t> producers(const Program& program);
// The number of node operands that read each value; a read of a view counts only for the view.
std::vector<int> readCounts(const Program& program);

}  // namespace tandem
