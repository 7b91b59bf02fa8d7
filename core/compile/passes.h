// The passes of the compiler over one Draft, in the order in which compile.cpp runs them. Each is named,
// timed, and followed by verify().
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/compile/compile.h"

namespace tandem {

// A phase under construction.
struct Draft {
  Program program;
  bool training = false;
  bool scalesLoss = false;  // dynamic loss scaling: fp16, while training
  bool takesBytes = false;  // features arrive as bytes
  ValueId features = kNoValue;
  ValueId labels = kNoValue;
  ValueId output = kNoValue;  // what the network answers with (probabilities or numbers)
  ValueId loss = kNoValue;
  ValueId step = kNoValue;  // the step block, with the loss scale where there is one
  ValueId lossScale = kNoValue;
  ValueId reportBlock = kNoValue;
  ValueId parameterBlock = kNoValue, gradientBlock = kNoValue, stateBlock = kNoValue;
  std::map<std::size_t, ValueId> gradients;  // by index into program.parameters
  std::vector<ReportSlot> report;
  std::vector<std::string> fusions;
};

// lower.cpp: network, loss and metrics as ops; parameters and states gathered into blocks.
Status lower(Draft& draft, const Network& network, const TrainingConfig& training, const DatasetInfo& data);
// differentiate.cpp: gradients of the loss for every parameter, each a view into the gradient block.
Status differentiate(Draft& draft);
// update.cpp: penalties, clipping, optimizer.
Status update(Draft& draft, const TrainingConfig& training);
// simplify.cpp: drops nodes whose results nobody reads.
void eliminateDeadNodes(Draft& draft);
// fuse.cpp: bias and activation into products, convolutions and batch norms; into these also the sum with a
// shortcut, as far as a relu follows it.
void fuse(Draft& draft);
// precision.cpp: half types and casts for bf16 and fp16; nothing for fp32 and tf32.
Status assignPrecision(Draft& draft, Precision precision);
// What precision each layer got, and why: lines for CompileReport::precisions.
std::vector<std::string> precisionByLayer(const Program& program, Precision precision);
// choose.cpp: a kernel for every node, or the Error of the layer that has none.
Result<std::vector<KernelChoice>> chooseKernels(const Program& program, const DeviceOptions& options,
                                                Backend& backend);
// memory.cpp: places for temporaries and workspaces.
void planMemory(PhasePlan& phase, bool reuse);

// Breaks of the rules of Program (a value read before it is made, made twice, a view past its base)
// are bugs of the pass that ran last.
void verify(const Program& program, std::string_view pass);

// Bytes of each optimizer's state for a parameter block of `parameterBytes`.
std::size_t optimizerStateBytes(const OptimizerConfig& config, std::size_t parameterBytes);

// Index of the node that makes each value; -1 for inputs and blocks.
std::vector<std::int32_t> producers(const Program& program);
// How many node operands read each value, reads of views counted for the view alone.
std::vector<int> readCounts(const Program& program);

}  // namespace tandem
