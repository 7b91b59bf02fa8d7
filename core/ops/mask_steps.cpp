#include "core/ops/mask_steps.h"

#include <algorithm>

#include "core/ops/rules.h"
#include "core/ops/steps.h"

namespace tandem::ops {

Result<AfterEnd> afterEnd(const Attrs& attrs) {
  const std::string after = attrs.text("after", "zero");
  if (after == "zero") return AfterEnd::Zero;
  if (after == "repeat") return AfterEnd::Repeat;
  if (after == "collect") return AfterEnd::Collect;
  return invalid("unknown steps after the end '" + after + "'", {}, "Use zero, repeat or collect");
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(afterEnd(attrs));
  TANDEM_TRY(requireSteps(in, 0, 1));
  return std::vector<TensorType>{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const AfterEnd after, afterEnd(c.node.attrs));
  const char* const back = after == AfterEnd::Zero     ? "zero"
                           : after == AfterEnd::Repeat ? "collect"
                                                       : "repeat";
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(mask_steps, {{"after", std::string(back)}},
                                                    {c.outputGrads[0], c.input(1)}));
  return std::vector{dx, kNoValue};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const AfterEnd after = *afterEnd(attrs);
  const Sequence s = Sequence::of(in[0].type.shape);
  const std::vector<std::int64_t> valid = stepsOfSamples(in, 1, s.samples, s.steps);
  std::vector<double>& y = out[0].data;
  std::ranges::copy(in[0].data, y.begin());
  for (std::int64_t n = 0; n < s.samples; ++n)
    for (std::int64_t step = valid[at(n)]; step < s.steps; ++step)
      for (std::int64_t k = 0; k < s.width; ++k) {
        const std::size_t last = at((n * s.steps + valid[at(n)] - 1) * s.width + k);
        const std::size_t own = at((n * s.steps + step) * s.width + k);
        if (after == AfterEnd::Collect) y[last] += y[own];
        y[own] = after == AfterEnd::Repeat ? y[last] : 0;
      }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> list;
  for (const char* after : {"zero", "repeat", "collect"}) {
    const auto add = [&](const char* name, Shape x) {
      Sample sample{.name = std::string(after) + "_" + name, .attrs = {{"after", std::string(after)}}};
      sample.inputs = {f32(x), lengthsOperand(x[0], x[1])};
      sample.perf = x.elements() > 100000;
      sample.gradientCheck = x.elements() <= 300;
      list.push_back(std::move(sample));
    };
    add("odd", {5, 7, 3});
    add("vectors", {4, 6, 16});
    add("numbers", {3, 9});
    add("one_step", {3, 1, 5});
    add("images", {2, 3, 2, 4, 8});
    add("large", {64, 200, 64});
  }
  return list;
}

}  // namespace

const OpDef mask_steps = {
    .name = "mask_steps",
    .summary = "y = x up to the end of each sequence",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
