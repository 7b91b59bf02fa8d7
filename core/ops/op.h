// OpDef: everything that the compiler, the tests and the devices need to know about an operation, except its
// fast kernels. One file per op in this folder: ops/NAME.cpp defines `const OpDef NAME` in namespace
// tandem::ops; the build lists the folder, so a new file is a new op.
//
// An op whose operands differ in meaning names their places in its header, as in
//   struct MatmulIn {
//     enum : std::uint8_t { kA, kB, kBias };
//   };
// and likewise those of several results (BatchNormOut); OpDef::operands and results are the same names for messages.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ops/program.h"

namespace tandem {

// Double-precision operand of a reference computation. Integer tensors hold their values as doubles.
struct RefTensor {
  TensorType type;
  std::vector<double> data;
};

struct Cost {
  double flops = 0;  // one multiply-add counts as two
  double bytes = 0;  // each operand counted once
};

// How the conformance tests fill an input.
enum class Fill : std::uint8_t {
  Normal,    // standard normal
  Positive,  // uniform in [0.1, 2)
  Unit,      // uniform in [0, 1)
  Small,     // normal with a standard deviation of 0.1: weights that are applied in each step of a sequence
  Wide,      // normal with a standard deviation of 100: exponentials overflow and vanish
  Labels,    // integers in [0, bound)
  Zeros,
  Step,      // a step block with plausible values (step_block.h)
  Distinct,  // a shuffled ramp without ties, steps of 0.01 about 0 (for max and sort)
};

struct SampleInput {
  TensorType type;
  Fill fill = Fill::Normal;
  std::int64_t bound = 0;  // Labels: number of classes; Step: valid rows, 0 for all rows of input 0
  bool absent = false;     // an optional input that is omitted
  bool given = false;      // never trained where this op is used, so its gradient rule leaves it out
};

// One conformance case. The set must cover odd sizes, each attribute and each optional operand.
struct Sample {
  std::string name;
  Attrs attrs;
  std::vector<SampleInput> inputs;
  bool perf = false;            // a size worth timing
  bool gradientCheck = true;    // compare the gradient rule with finite differences (small samples)
  double toleranceScale = 1.0;  // widens the dtype's tolerance where the length of the sums does not
};

// The context of a gradient rule, which appends nodes that compute input gradients from output gradients.
struct GradientContext {
  Program& program;
  Node node;                         // a copy: appending may move the program's nodes
  std::vector<ValueId> outputGrads;  // kNoValue where no gradient flows back
  std::vector<bool> wanted;          // per input: whether its gradient is needed
  ValueId input(std::size_t i) const { return node.inputs[i]; }
  ValueId output(std::size_t i) const { return node.outputs[i]; }
};

// Output `output` shares storage with input `input`, which it replaces.
struct InPlace {
  int output = 0;
  int input = 0;
};

// Which operands of an op may be in half precision (bf16, fp16), and why the others stay in f32. Sums are always
// computed in f32. The op's infer() derives the result types from the operands.
struct HalfOperands {
  std::vector<int> inputs = {};  // these become half, all together; empty: the op stays in f32
  bool allInputs = false;        // for ops with any number of inputs
  bool f32Result = false;        // attribute "result" = "f32" requests an f32 result from half operands
  int asResult = -1;             // this input has the type of the result
  bool halfResult = false;       // attribute "result" requests a half result from other operands
  std::string_view why = {};     // why something stays in f32: sums, statistics or everything

  bool acceptsHalf() const { return allInputs || !inputs.empty(); }
  bool acceptsHalf(std::size_t input, bool inF32 = false) const;  // inF32: an f32 result is requested
};

struct OpDef {
  std::string_view name;     // equals the file's basename
  std::string_view summary;  // formula, one line
  // The names of the operands and of several results, in order; empty: those of messages are numbers.
  std::vector<std::string_view> operands = {};
  std::vector<std::string_view> results = {};

  // Output types, or an Error worded for the user who drew the layer.
  Result<std::vector<TensorType>> (*infer)(const Attrs&, std::span<const TensorType> inputs) = nullptr;

  // One gradient per input (kNoValue if none). nullptr: gradients cannot pass through this op.
  Result<std::vector<ValueId>> (*gradient)(GradientContext&) = nullptr;

  // The definition of the op in double precision. The types and sizes of `outputs` are set by the caller.
  void (*reference)(const Attrs&, std::span<const RefTensor> inputs, std::span<RefTensor> outputs) = nullptr;

  Cost (*cost)(const Attrs&, std::span<const TensorType> inputs,
               std::span<const TensorType> outputs) = nullptr;

  std::vector<Sample> (*samples)() = nullptr;

  std::vector<InPlace> inPlace = {};  // results that must overwrite an operand (updates, running statistics)
  bool view = false;                  // output 0 is input 0 in another shape; no kernel
  std::vector<int> optionalInputs = {};
  // Training minimizes output 0 (1), the root of backpropagation. Its incoming gradient is the loss scale of
  // the step block, not a value: outputGrads[0] is absent in gradient().
  bool loss = false;
  HalfOperands half = {};  // must accept something or state why not
};

// An absent optional operand is passed to infer(), reference() and cost() as a rank-0 type. Present scalars
// have shape (1).
inline bool present(const TensorType& type) {
  return type.shape.rank() > 0;
}

// "bias", or "2" if the op does not name it.
std::string operandName(const OpDef& op, std::size_t operand);
std::string resultName(const OpDef& op, std::size_t result);

// The op with this name, or nullptr.
const OpDef* findOp(std::string_view name);
std::span<const OpDef* const> allOps();

// bytes: every operand counted once; flops: flopsPerElement times the elements of the first output.
Cost elementwiseCost(double flopsPerElement, std::span<const TensorType> inputs,
                     std::span<const TensorType> outputs);

}  // namespace tandem
