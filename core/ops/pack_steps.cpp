#include "core/ops/pack_steps.h"

#include <algorithm>

#include "core/ops/rules.h"

namespace tandem::ops {

Result<Sequence> packedSequence(const Attrs& attrs, std::span<const TensorType> operands) {
  const Shape& x = operands[0].shape;
  if (attrs.integer("back", 0) == 0) {
    TANDEM_TRY(requireSteps(operands, 0, 1));
    return Sequence::of(x);
  }
  const Shape& lengths = operands[1].shape;
  if (operands[1].dtype != DType::I32 || lengths.rank() != 1 || lengths[0] < 1)
    return invalid("needs one length per sample");
  if (x.rank() < 1 || x[0] < 1 || x[0] % lengths[0] != 0)
    return invalid("needs the same number of rows for each sample");
  return Sequence{lengths[0], x[0] / lengths[0], x.elements() / x[0]};
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const Sequence s, packedSequence(attrs, in));
  const bool back = attrs.integer("back", 0) != 0;
  const auto dims = in[0].shape.dims();
  std::vector<std::int64_t> result{s.samples * s.steps};
  if (back) result = {s.samples, s.steps};
  result.insert(result.end(), dims.begin() + (back ? 1 : 2), dims.end());
  if (result.size() > static_cast<std::size_t>(Shape::kMaxRank)) return invalid("has too many dimensions");
  return std::vector<TensorType>{{in[0].dtype, Shape(result)}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const std::int64_t back = c.node.attrs.integer("back", 0) != 0 ? 0 : 1;
  TANDEM_ASSIGN(const ValueId dx,
                c.program.append1(pack_steps, {{"back", back}}, {c.outputGrads[0], c.input(1)}));
  return std::vector{dx, kNoValue};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::vector<TensorType> types{in[0].type, in[1].type};
  const Sequence s = *packedSequence(attrs, types);
  const bool back = attrs.integer("back", 0) != 0;
  const std::vector<std::int64_t> valid = stepsOfSamples(in, 1, s.samples, s.steps);
  std::ranges::fill(out[0].data, 0.0);
  std::int64_t row = 0;
  for (std::int64_t n = 0; n < s.samples; ++n)
    for (std::int64_t step = 0; step < valid[at(n)]; ++step, ++row)
      for (std::int64_t k = 0; k < s.width; ++k) {
        const std::size_t packed = at(row * s.width + k), own = at((n * s.steps + step) * s.width + k);
        out[0].data[back ? own : packed] = in[0].data[back ? packed : own];
      }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> list;
  const auto add = [&](const std::string& name, std::int64_t count, std::int64_t steps,
                       const std::vector<std::int64_t>& rest) {
    for (const std::int64_t back : {0, 1}) {
      std::vector<std::int64_t> dims{count, steps};
      if (back != 0) dims = {count * steps};
      dims.insert(dims.end(), rest.begin(), rest.end());
      const Shape x(dims);
      Sample sample{.name = name + (back != 0 ? "_back" : ""), .attrs = {{"back", back}}};
      sample.inputs = {f32(x), lengthsOperand(count, steps)};
      sample.perf = x.elements() > 100000;
      sample.gradientCheck = x.elements() <= 300;
      list.push_back(std::move(sample));
    }
  };
  add("odd", 5, 7, {3});
  add("vectors", 4, 6, {16});
  add("numbers", 3, 9, {});
  add("one_step", 3, 1, {5});
  add("many", 300, 3, {4});
  add("large", 64, 200, {64});
  for (const std::int64_t back : {0, 1}) {
    Sample classes{.name = back != 0 ? "classes_back" : "classes", .attrs = {{"back", back}}};
    const Shape x = back != 0 ? Shape{42} : Shape{6, 7};
    classes.inputs = {{{DType::I32, x}, Fill::Labels, 5}, lengthsOperand(6, 7)};
    classes.gradientCheck = false;
    list.push_back(std::move(classes));
  }
  return list;
}

}  // namespace

const OpDef pack_steps = {
    .name = "pack_steps",
    .summary = "y = the valid steps of all sequences, one after the other",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
