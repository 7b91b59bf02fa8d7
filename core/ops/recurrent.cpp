#include "core/ops/recurrent.h"

#include "core/ops/bias_grad.h"
#include "core/ops/matmul.h"
#include "core/ops/reshape.h"

namespace tandem::ops {
namespace {

// An operand that is optional must have this type if it is there.
Status requireType(std::span<const TensorType> in, std::size_t operand, std::string_view what,
                   const TensorType& type) {
  if (!hasOperand(in, operand) || in[operand] == type) return success();
  return invalid(std::string(what) + " must be " + std::string(nameOf(type.dtype)) + ", " +
                 type.shape.text() + ", but is " + std::string(nameOf(in[operand].dtype)) + ", " +
                 in[operand].shape.text());
}

TensorType floats(Shape shape) {
  return {DType::F32, shape};
}

}  // namespace

Types recurrentTypes(const Attrs& attrs, const RecurrentForm& form, std::span<const TensorType> in) {
  const Shape &x = in[0].shape, &recurrent = in[1].shape;
  if (x.rank() != 3 || x[1] < 1)
    return invalid("needs a sequence (steps, features), but its input is " + x.text());
  if (recurrent.rank() != 2 || recurrent[1] != form.gates * recurrent[0] || x[2] != recurrent[1])
    return invalid("the recurrent kernel " + recurrent.text() + " does not fit the input " + x.text());
  const auto g = RecurrentGeometry::of(attrs, form, x, recurrent);
  const TensorType state = floats({g.batch, g.units});
  TANDEM_TRY(requireType(in, 0, "the input", floats(x)));
  TANDEM_TRY(requireType(in, 1, "the recurrent kernel", floats(recurrent)));
  TANDEM_TRY(requireType(in, 2, "the lengths", {DType::I32, Shape{g.batch}}));
  TANDEM_TRY(requireType(in, 3, "the initial state", state));
  if (form.cell) TANDEM_TRY(requireType(in, 4, "the initial cell state", state));
  if (form.split) TANDEM_TRY(requireType(in, 4, "the recurrent bias", floats({g.width()})));
  std::vector<TensorType> out{floats({g.batch, g.steps, g.units}), state};
  if (form.cell) out.push_back(state);
  if (form.saved > 0 && attrs.integer("saves", 1) != 0)
    out.push_back(floats({g.batch, g.steps, form.saved * g.units}));
  return out;
}

Types recurrentGradTypes(const Attrs& attrs, const RecurrentForm& form, std::span<const TensorType> in) {
  const Shape &recurrent = in[0].shape, &y = in[1].shape;
  if (y.rank() != 3 || recurrent.rank() != 2 || recurrent[1] != form.gates * recurrent[0] ||
      y[2] != recurrent[0])
    return invalid("the recurrent kernel " + recurrent.text() + " does not fit the result " + y.text());
  if (!hasOperand(in, 4) && !hasOperand(in, 5) && !hasOperand(in, 8))
    return invalid("needs the gradient of a result");
  const auto g = RecurrentGeometry::of(attrs, form, y, recurrent);
  const TensorType state = floats({g.batch, g.units}), wide = floats({g.batch, g.steps, g.width()});
  TANDEM_TRY(requireType(in, 2, "the lengths", {DType::I32, Shape{g.batch}}));
  TANDEM_TRY(requireType(in, 4, "the gradient of the sequence", floats(y)));
  for (const std::size_t operand : {3, 5, 7, 8}) TANDEM_TRY(requireType(in, operand, "a state", state));
  TANDEM_CHECK(
      form.saved == 0 || (hasOperand(in, 6) && in[6] == floats({g.batch, g.steps, form.saved * g.units})),
      "what the op has saved");
  std::vector<TensorType> out{wide, floats(y)};
  if (form.split) out.push_back(wide);
  if (hasOperand(in, 3)) out.push_back(state);
  if (hasOperand(in, 7)) out.push_back(state);
  return out;
}

Result<std::vector<ValueId>> recurrentGradient(GradientContext& c, const RecurrentForm& form,
                                               const OpDef& gradientOp) {
  const auto optional = [&](std::size_t i) { return i < c.node.inputs.size() ? c.input(i) : kNoValue; };
  const std::size_t saved = form.cell ? 3 : 2;
  std::vector<ValueId> operands{c.input(1),  c.output(0),      optional(2),
                                optional(3), c.outputGrads[0], c.outputGrads[1]};
  if (form.saved > 0) {
    TANDEM_CHECK(c.node.outputs.size() > saved, "the op has saved what its gradient needs");
    operands.push_back(c.output(saved));
  }
  if (form.cell) {
    operands.push_back(optional(4));
    operands.push_back(c.outputGrads[2]);
  }
  const bool hasState = operands[3] != kNoValue;
  TANDEM_ASSIGN(const auto made, c.program.append(gradientOp, c.node.attrs, std::move(operands)));
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  grads[0] = made[0];
  std::size_t next = form.split ? 3 : 2;
  if (hasState) grads[3] = made[next++];
  if (form.cell && optional(4) != kNoValue) grads[4] = made[next];

  const ValueId terms = made[form.split ? 2 : 0];
  if (c.wanted[1]) {
    const auto rows = [&](ValueId value) {
      const Shape shape = c.program.type(value).shape;
      return c.program.append1(
          reshape, {{"shape", std::vector<std::int64_t>{shape[2]}}, {"rows", shape[0] * shape[1]}}, {value});
    };
    TANDEM_ASSIGN(const ValueId before, rows(made[1]));
    TANDEM_ASSIGN(const ValueId slopes, rows(terms));
    TANDEM_ASSIGN(grads[1], c.program.append1(
                                matmul, {{"transpose_a", std::int64_t{1}}, {"transpose_b", std::int64_t{0}}},
                                {before, slopes}));
  }
  if (form.split && optional(4) != kNoValue && c.wanted[4]) {
    TANDEM_ASSIGN(grads[4], c.program.append1(bias_grad, {}, {terms}));
  }
  return grads;
}

Cost recurrentCost(const RecurrentForm& form, const Shape& sequence, const Shape& recurrent,
                   std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  const double rows = static_cast<double>(sequence[0] * sequence[1]);
  const double units = static_cast<double>(recurrent[0]);
  total.flops = rows * units * form.gates * (2 * units + 8);
  return total;
}

std::vector<Sample> recurrentSamples(const RecurrentForm& form) {
  struct Options {
    bool lengths = false, state = false, fourth = false, reverse = false;
  };
  const auto sample = [&](std::string name, std::int64_t batch, std::int64_t steps, std::int64_t units,
                          Options options = {}) {
    Sample s;
    s.name = std::move(name);
    if (options.reverse) s.attrs.set("reverse", std::int64_t{1});
    const std::int64_t width = form.gates * units;
    s.inputs = {f32({batch, steps, width}), f32({units, width}, Fill::Small)};
    s.inputs.push_back(options.lengths ? labels(batch, steps + 1) : absent());
    s.inputs.push_back(options.state ? f32({batch, units}) : absent());
    if (form.cell) s.inputs.push_back(options.fourth ? f32({batch, units}) : absent());
    if (form.split) s.inputs.push_back(options.fourth ? f32({width}) : absent());
    s.perf = batch * steps * units * width > 10'000'000;
    s.gradientCheck = batch * steps * units <= 700;
    s.toleranceScale = steps > 10 ? 8 : 2;  // rounding errors pass through the steps
    return s;
  };
  std::vector<Sample> list{
      sample("odd", 3, 5, 7),
      sample("one_step", 5, 1, 3),
      sample("one_step_state", 5, 1, 3, {.state = true}),
      sample("one_unit", 5, 4, 1, {.state = true}),
      sample("one_sample", 1, 6, 5),
      sample("reverse", 3, 5, 7, {.reverse = true}),
      sample("lengths", 7, 5, 3, {.lengths = true}),
      sample("lengths_reverse", 7, 5, 3, {.lengths = true, .reverse = true}),
      sample("state", 3, 4, 5, {.state = true}),
      sample("all", 9, 4, 17, {.lengths = true, .state = true, .fourth = true}),
      sample("all_reverse", 9, 4, 17, {.lengths = true, .state = true, .fourth = true, .reverse = true}),
      sample("wide", 19, 7, 67, {.lengths = true, .fourth = true}),
      sample("long", 3, 150, 16),
      sample("very_wide", 1, 2,
             8192 / (form.gates + 2) + 1),  // more than shared memory holds (gpu/recurrent.cuh)
      sample("medium", 32, 64, 64, {.lengths = true}),
      sample("large", 32, 64, 256),
  };
  if (form.cell || form.split) list.push_back(sample("fourth", 3, 4, 5, {.fourth = true}));
  if (form.saved > 0) {
    list.push_back(sample("not_saved", 3, 4, 17, {.lengths = true, .state = true, .fourth = true}));
    list.back().attrs.set("saves", std::int64_t{0});
    list.back().gradientCheck = false;
  }
  return list;
}

// The samples of the op, with states and gates that are independent of its operands.
std::vector<Sample> recurrentGradSamples(const RecurrentForm& form) {
  std::vector<Sample> list;
  for (Sample& s : recurrentSamples(form)) {
    if (s.attrs.integer("saves", 1) == 0) continue;
    const Shape x = s.inputs[0].type.shape;
    const SampleInput recurrent = s.inputs[1], lengths = s.inputs[2], state = s.inputs[3];
    const std::int64_t units = recurrent.type.shape[0];
    const SampleInput dy = f32({x[0], x[1], units}), last = f32({x[0], units});
    const SampleInput cell = form.cell ? s.inputs[4] : absent();
    // Saved gates are between 0 and 1.
    const SampleInput saved = f32({x[0], x[1], form.saved * units}, Fill::Unit);
    const auto with = [&](const std::string& suffix, const SampleInput& y, const SampleInput& h,
                          const SampleInput& c) {
      Sample made = s;
      made.name += suffix;
      made.inputs = {recurrent, f32({x[0], x[1], units}), lengths, state, y, h};
      if (form.saved > 0) made.inputs.push_back(saved);
      if (form.cell) {
        made.inputs.push_back(cell);
        made.inputs.push_back(c);
      }
      made.gradientCheck = false;
      list.push_back(std::move(made));
    };
    with("", dy, absent(), absent());
    if (s.perf) continue;
    with("_last", absent(), last, absent());
    if (form.cell) with("_cell", absent(), absent(), last);
    if (x[0] > 5) with("_both", dy, last, last);
  }
  return list;
}

}  // namespace tandem::ops
