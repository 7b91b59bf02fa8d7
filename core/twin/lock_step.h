// Lock-step: the sides of a twin run train on the same batches, one step at a time, and are compared layer by
// layer. Side 0 is the reference.
//
// A comparison first gives every side the reference's weights, so that differences come from this step alone
// and not from earlier ones. Afterwards, each side continues with its own weights.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/runtime/registry.h"
#include "core/train/checkpoint.h"
#include "core/train/observer.h"
#include "core/twin/probe.h"
#include "core/twin/side.h"
#include "core/twin/tensor_difference.h"

namespace tandem {

struct LockStepSide {
  double loss = 0;
  double seconds = 0;  // from submit to result
};

struct LockStepRecord {
  std::int64_t step = 0;            // from 1
  std::vector<LockStepSide> sides;  // NaN loss if a side has failed
};

struct TensorParity {
  TensorKind kind = TensorKind::Activation;
  std::string layer, tensor;
  Shape shape;
  TensorDifference difference;  // a: the reference
  // What is compared with the tolerance: the difference relative to the tensor or, if that is larger, to a tenth of the
  // layer's largest of its kind; infinite if values are not finite.
  double compared = 0;
  bool beyondRounding =
      false;  // compared > SideParity::tolerance, and not rounding of a gradient (classifyUpdates)
};

struct SideParity {
  std::size_t side = 0;
  std::vector<TensorParity> tensors;  // forward, backward, update, in the order of the step
  std::optional<std::size_t> first;   // of `tensors`: the first beyond rounding
  double tolerance = 0;               // relative, from the precisions of the two sides
  double weightDrift = 0;             // ||w_side - w_reference|| / ||w_reference||, each side's own
};

struct ParityRecord {
  std::int64_t step = 0;                // the comparison is before this step
  std::vector<SideParity> sides;        // without the reference and failed sides
  std::vector<ProfileRecord> profiles;  // per side: layer times of the compared step
};

// The result of a kernel on the reference's operands, compared with the op's definition in double precision.
struct Alternative {
  std::string label;    // "cpu:2: onednn", "cuda:0, tf32: cublaslt with TF32 off"
  double relative = 0;  // ||result - definition|| / ||definition||
  double largest = 0;
  std::string refused;  // why it could not be tried
};

struct Cause {
  std::string layer, tensor, op;
  bool sameOperands = false;              // bit-identical on both sides
  std::vector<Alternative> alternatives;  // the reference's kernel, the side's, then others
  std::string verdict;                    // one or two sentences
};

struct TensorPair {
  Shape shape;
  std::vector<float> reference, side;
};

class LockStep {
 public:
  // Compiles and allocates every side. Values do not share memory, so that all can be inspected; this takes
  // more memory than training. Errors name the side.
  static Result<std::unique_ptr<LockStep>> open(const Project& project, std::shared_ptr<const Dataset> data,
                                                std::vector<SideSpec> sides,
                                                const BackendLookup& lookup = installedBackends());
  ~LockStep();

  // Every side resumes from the checkpoint: weights, step and position in the data.
  Status restore(const Checkpoint& checkpoint);

  // Runs one training step on every side. A side that fails is left out afterwards (see error()); returns an
  // Error only if the reference fails. Epochs continue without limit.
  Result<LockStepRecord> step();
  // Compares on the batch of the next step. Does not change the state of the sides.
  Result<ParityRecord> compare();
  // Finds out why a tensor of the last comparison differs, by rerunning its op on the reference's operands
  // with the kernels and settings of both sides.
  Result<Cause> explain(const SideParity& parity, std::size_t tensor);
  // The values of a tensor on both sides, as compare() saw them.
  Result<TensorPair> values(const SideParity& parity, std::size_t tensor);

  std::size_t sides() const;
  std::int64_t samples() const;  // in the training set
  const SideSpec& spec(std::size_t side) const;
  const Plan& plan(std::size_t side) const;
  Backend& backend(std::size_t side) const;
  const std::optional<Error>& error(std::size_t side) const;
  std::int64_t stepsPerEpoch() const;
  const std::vector<std::string>& notes() const;  // for the user: about the initial weights
  std::int64_t batch() const;

 private:
  struct Impl;
  Status classifyUpdates(SideParity& parity);
  explicit LockStep(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Sets TensorParity::compared.
void setCompared(SideParity& parity);

// The relative difference between two precisions that rounding can explain.
double toleranceOf(Precision a, Precision b);

}  // namespace tandem
