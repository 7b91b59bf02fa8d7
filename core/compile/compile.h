// The graph compiler: Network + training settings -> Plan for one backend, through named passes:
// lower -> differentiate -> update -> eliminate dead nodes -> fuse -> assign precision -> choose kernels ->
// plan memory. For inference: lower -> fold batch norms -> gather weights -> eliminate dead nodes -> ...
#pragma once

#include <memory>
#include <span>
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

// The precision in which a node computes, for display.
struct NodePrecision {
  std::string text;  // "bf16", "bf16 to fp32", "fp32"
  std::string why;   // why not in the requested precision, or which part is in f32; may be empty
};
NodePrecision precisionOf(const Program& program, const Node& node, Precision precision);

// An op of a phase, in execution order: its kernel, its precision, and why no other kernel was chosen.
struct KernelUse {
  std::string layer;  // empty: belongs to no layer
  std::string op;
  KernelChoice choice;  // "view" for a view, which runs no kernel
  NodePrecision precision;
};
std::vector<KernelUse> kernelsOf(const PhasePlan& phase, Precision precision);

// Batches that each loader of a run prepares beyond those of the open passes.
inline constexpr int kPrefetchedBatches = 2;

// How data that is stored as bytes is passed to a session.
enum class ByteInput { BackendDefault, Bytes, Floats };

struct CompileOptions {
  bool fuse = true;
  bool planMemory = true;  // off: values share no memory (tests compare the two)
  ByteInput byteInput = ByteInput::BackendDefault;
  bool foldBatchNorms = true;  // for inference in fp32: into the convolution or dense layer before each
  bool checkpoints = true;     // count their memory; off: nothing is stored (twin runs)
  Cancelled cancelled;         // asked between passes and in long ones
};

// Errors name the layer. The data must fit the network (input shape, classes) and the loss.
Result<std::shared_ptr<const Plan>> compile(const Network& network, const TrainingConfig& training,
                                            const DatasetInfo& data, Backend& backend,
                                            const CompileOptions& options = {},
                                            CompileReport* report = nullptr);

// A plan that only makes predictions (see Plan), on `batch` normalized samples at a time. `outputs`: those that
// are read, usually network.outputs().
Result<std::shared_ptr<const Plan>> compileForInference(const Network& network,
                                                        std::span<const Source> outputs, std::int64_t batch,
                                                        const DeviceOptions& device, Backend& backend,
                                                        const CompileOptions& options = {},
                                                        CompileReport* report = nullptr);

// The tensor of the data that an input layer reads: the only one, that of the layer's name, or the only one of its shape.
// Errors: none of these exists.
Result<std::size_t> tensorOf(const Layer& input, const Network& network, const DatasetInfo& data);
// The tensors of the data that a head is trained for, as indices into DatasetInfo::tensor(). Errors: a name is unknown, or
// the data has no target.
Result<std::vector<std::size_t>> targetsOf(const Head& head, const DatasetInfo& data);
// The classes that the loss of a head can weight, in the order of their weights: "setosa", or of several targets
// "colour=red".
std::vector<std::string> weightedClasses(const Head& head, const DatasetInfo& data);
inline constexpr std::size_t kListedClasses = 12;  // in messages and notes
// How many classes each answer of a head for these targets chooses from; 0: they are numbers.
std::int64_t classesOf(const Head& head, std::span<const std::size_t> targets, const DatasetInfo& data);

// Heads for all outputs of the network: those there are, without those whose output is gone, and one for each output that
// has none, for a target that no head predicts.
std::vector<Head> headsFor(const Network& network, const TrainingConfig& training, const DatasetInfo& data);

// The problems that would make compile() fail, apart from missing kernels: shown in the Problems list.
std::vector<Problem> checkAgainstData(const Network& network, const TrainingConfig& training,
                                      const DatasetInfo& data);

// Whether the plan's memory forecast fits the memory now free on its device. Linux overcommits memory and
// kills a program that uses too much, so a successful allocation proves nothing.
Status checkFits(const Plan& plan, Backend& backend);
// The largest batch below training.batch, to within about 1/16, whose forecast fits the free memory; 0 if not
// even one sample fits. Compiles about a dozen times.
std::int64_t largestFittingBatch(const Network& network, const TrainingConfig& training,
                                 const DatasetInfo& data, Backend& backend);
// Puts that batch into the hint of an out-of-memory Error; returns other Errors unchanged.
Error withFittingBatch(Error error, const Network& network, const TrainingConfig& training,
                       const DatasetInfo& data, Backend& backend);

// Initial values, from plan.seed, of a Session's Parameter and State blocks.
Result<std::vector<float>> initialParameters(const Plan& plan);
Result<std::vector<float>> initialStates(const Plan& plan);

}  // namespace tandem
