// The graph compiler: Network + training settings -> Plan for one backend, through named passes:
// lower -> differentiate -> update -> eliminate dead nodes -> fuse -> assign precision -> choose kernels ->
// plan memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/network/analysis.h"
#include "core/network/project.h"
#include "core/runtime/backend.h"

namespace tandem {

struct PassTime {
  std::string pass;
  double seconds = 0;
};

struct CompileReport {
  std::vector<PassTime> passes;
  std::vector<std::string> fusions;     // "conv1: conv2d + relu"
  std::vector<std::string> precisions;  // "conv1: conv2d, conv2d_dgrad in bf16"
};

// In which precision a node computes, for people.
struct NodePrecision {
  std::string text;  // "bf16", "bf16 to fp32", "fp32"
  std::string why;   // why not in the precision asked for, or what of it is in f32; may be empty
};
NodePrecision precisionOf(const Program& program, const Node& node, Precision precision);

// An op of a phase, in order of execution: what runs it, in which precision, and why not otherwise.
struct KernelUse {
  std::string layer;  // empty: of no layer
  std::string op;
  KernelChoice choice;  // of a view: "view", nothing runs
  NodePrecision precision;
};
std::vector<KernelUse> kernelsOf(const PhasePlan& phase, Precision precision);

struct CompileOptions {
  bool fuse = true;
  bool planMemory = true;     // off: every value has its own place (tests compare the two)
  std::optional<bool> bytes;  // data that are bytes arrive as such; by default as the backend wants them
};

// Errors name the layer. The data must fit the network (input shape, classes) and the loss.
Result<std::shared_ptr<const Plan>> compile(const Network& network, const TrainingConfig& training,
                                            const DatasetInfo& data, Backend& backend,
                                            const CompileOptions& options = {},
                                            CompileReport* report = nullptr);

// What compile() would refuse, apart from kernels: shown in the Problems list while editing.
std::vector<Problem> checkAgainstData(const Network& network, const TrainingConfig& training,
                                      const DatasetInfo& data);

// Whether the plan's forecast fits what is free on its device now. Linux promises more memory than there
// is and kills the program that uses it, so an allocation that succeeds proves nothing.
Status checkFits(const Plan& plan, Backend& backend);
// The largest batch below training.batch, to about a sixteenth, whose forecast fits what is free now; 0: not
// even one sample does. Compiles about a dozen times.
std::int64_t largestFittingBatch(const Network& network, const TrainingConfig& training,
                                 const DatasetInfo& data, Backend& backend);
// An Error about memory with that batch as its hint; others as they are.
Error withFittingBatch(Error error, const Network& network, const TrainingConfig& training,
                       const DatasetInfo& data, Backend& backend);

// Initial blocks from plan.seed, for a Session's Parameter and State blocks.
Result<std::vector<float>> initialParameters(const Plan& plan);
Result<std::vector<float>> initialStates(const Plan& plan);

}  // namespace tandem
