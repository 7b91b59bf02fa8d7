// What the recurrent ops and their gradients share. An op computes the steps only: x is the projected input with its bias,
// which one matmul computes for all steps at once.
//   inputs   0 x (batch, steps, gates * units), 1 U (units, gates * units), 2 lengths i32 (batch), optional: the valid steps
//            of each sample, 3 h0 (batch, units), optional: zeros; 4 lstm: c0, likewise; gru: bias (gates * units) of h U,
//            optional
//   outputs  0 y (batch, steps, units): h of each step, 0 after the end of a sample, 1 h after the last step of each sample,
//            lstm: 2 c, likewise; then what the gradient needs, (batch, steps, saved * units), if anything
// Attributes: "reverse" (0): from the last valid step to the first; "saves" (1): 0 if no gradient follows.
//
// The gradient op:
//   inputs   0 U, 1 y, 2 lengths, 3 h0, 4 dy, 5 dh, as they were in the op, each optional, but one of the gradients is
//            there; 6 what was saved; lstm: 7 c0, 8 dc, optional
//   outputs  0 dx, 1 h before each step (batch, steps, units), gru: 2 gradient of h U + bias (batch, steps, gates * units);
//            then dh0, if there is h0, and dc0
// The gradient of U is a product of the second and the last of these over all steps, and so not part of the op.
#pragma once

#include <algorithm>

#include "core/ops/recurrent_cell.h"
#include "core/ops/rules.h"

namespace tandem::ops {

struct RecurrentForm {
  int gates = 1, saved = 0;
  bool cell = false, split = false;

  template <class Cell>
  static constexpr RecurrentForm of() {
    return {Cell::kGates, Cell::kSaved, Cell::kCell, Cell::kSplit};
  }
};

struct RecurrentGeometry {
  std::int64_t batch = 0, steps = 0, units = 0, gates = 1;
  bool reverse = false;

  TANDEM_HD std::int64_t width() const { return gates * units; }
  // A sample's number of steps; lengths: nullptr if all are valid.
  template <class T>
  TANDEM_HD std::int64_t count(const T* lengths, std::int64_t sample) const {
    if (!lengths) return steps;
    const auto length = static_cast<std::int64_t>(lengths[sample]);
    return length < 0 ? 0 : length > steps ? steps : length;
  }
  // Where the i-th processed step of `count` is.
  TANDEM_HD std::int64_t step(std::int64_t count, std::int64_t i) const {
    return reverse ? count - 1 - i : i;
  }

  // sequence: x or y
  static RecurrentGeometry of(const Attrs& attrs, const RecurrentForm& form, const Shape& sequence,
                              const Shape& recurrent) {
    return {sequence[0], sequence[1], recurrent[0], form.gates, attrs.integer("reverse", 0) != 0};
  }
};

Types recurrentTypes(const Attrs& attrs, const RecurrentForm& form, std::span<const TensorType> in);
Types recurrentGradTypes(const Attrs& attrs, const RecurrentForm& form, std::span<const TensorType> in);
// gradientOp: of the op to which the context belongs.
Result<std::vector<ValueId>> recurrentGradient(GradientContext& c, const RecurrentForm& form,
                                               const OpDef& gradientOp);
Cost recurrentCost(const RecurrentForm& form, const Shape& sequence, const Shape& recurrent,
                   std::span<const TensorType> in, std::span<const TensorType> out);
std::vector<Sample> recurrentSamples(const RecurrentForm& form);
std::vector<Sample> recurrentGradSamples(const RecurrentForm& form);

// The definition. Without h0, the first step has no recurrent term but the bias.
template <class Cell>
void recurrentReference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const auto g = RecurrentGeometry::of(attrs, RecurrentForm::of<Cell>(), in[0].type.shape, in[1].type.shape);
  const bool lengths = hasOperand(in, 2), state = hasOperand(in, 3), fourth = hasOperand(in, 4);
  constexpr std::size_t kSavedOutput = Cell::kCell ? 3 : 2;
  for (RefTensor& each : out) std::ranges::fill(each.data, 0.0);
  for (std::int64_t b = 0; b < g.batch; ++b) {
    const std::int64_t count = g.count(lengths ? in[2].data.data() : nullptr, b);
    std::vector<double> h(at(g.units)), c(at(g.units)), u(at(g.width()));
    for (std::int64_t j = 0; j < g.units; ++j) {
      if (state) h[at(j)] = in[3].data[at(b * g.units + j)];
      if (Cell::kCell && fourth) c[at(j)] = in[4].data[at(b * g.units + j)];
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t row = b * g.steps + g.step(count, i);
      for (std::int64_t k = 0; k < g.width(); ++k) {
        u[at(k)] = Cell::kSplit && fourth ? in[4].data[at(k)] : 0.0;
        for (std::int64_t p = 0; (i > 0 || state) && p < g.units; ++p)
          u[at(k)] += h[at(p)] * in[1].data[at(p * g.width() + k)];
      }
      for (std::int64_t j = 0; j < g.units; ++j) {
        double x[Cell::kGates] = {}, term[Cell::kGates] = {}, saved[Cell::kSaved + 1] = {};
        for (std::int64_t k = 0; k < g.gates; ++k) {
          x[k] = in[0].data[at(row * g.width() + k * g.units + j)];
          term[k] = u[at(k * g.units + j)];
        }
        h[at(j)] = Cell::template forward<ExactMath<double>>(x, term, h[at(j)], &c[at(j)], saved);
        out[0].data[at(row * g.units + j)] = h[at(j)];
        for (std::int64_t k = 0; out.size() > kSavedOutput && k < Cell::kSaved; ++k)
          out[kSavedOutput].data[at((row * Cell::kSaved + k) * g.units + j)] = saved[k];
      }
    }
    for (std::int64_t j = 0; j < g.units; ++j) {
      out[1].data[at(b * g.units + j)] = h[at(j)];
      if constexpr (Cell::kCell) out[2].data[at(b * g.units + j)] = c[at(j)];
    }
  }
}

template <class Cell>
void recurrentGradReference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const auto g = RecurrentGeometry::of(attrs, RecurrentForm::of<Cell>(), in[1].type.shape, in[0].type.shape);
  const bool lengths = hasOperand(in, 2), state = hasOperand(in, 3), cell = hasOperand(in, 7);
  for (RefTensor& each : out) std::ranges::fill(each.data, 0.0);
  const auto given = [&](std::size_t operand, std::int64_t index) {
    return hasOperand(in, operand) ? in[operand].data[at(index)] : 0.0;
  };
  for (std::int64_t b = 0; b < g.batch; ++b) {
    const std::int64_t count = g.count(lengths ? in[2].data.data() : nullptr, b);
    std::vector<double> dh(at(g.units)), dc(at(g.units)), du(at(g.width()));
    for (std::int64_t j = 0; j < g.units; ++j) {
      dh[at(j)] = given(5, b * g.units + j);
      dc[at(j)] = given(8, b * g.units + j);
    }
    for (std::int64_t i = count - 1; i >= 0; --i) {
      const std::int64_t row = b * g.steps + g.step(count, i);
      const std::int64_t previous = i > 0 ? b * g.steps + g.step(count, i - 1) : 0;
      for (std::int64_t j = 0; j < g.units; ++j) {
        const double before = i > 0 ? in[1].data[at(previous * g.units + j)] : given(3, b * g.units + j);
        double cBefore = 0, saved[Cell::kSaved + 1] = {}, dx[Cell::kGates] = {}, term[Cell::kGates] = {};
        for (std::int64_t k = 0; k < Cell::kSaved; ++k)
          saved[k] = in[6].data[at((row * Cell::kSaved + k) * g.units + j)];
        if constexpr (Cell::kCell)
          cBefore = i > 0 ? in[6].data[at((previous * Cell::kSaved + Cell::kSaved - 1) * g.units + j)]
                          : given(7, b * g.units + j);
        dh[at(j)] = Cell::template backward<ExactMath<double>>(
            saved, in[1].data[at(row * g.units + j)], before, cBefore,
            dh[at(j)] + given(4, row * g.units + j), &dc[at(j)], dx, term);
        out[1].data[at(row * g.units + j)] = before;
        for (std::int64_t k = 0; k < g.gates; ++k) {
          const std::size_t index = at(row * g.width() + k * g.units + j);
          out[0].data[index] = dx[k];
          if constexpr (Cell::kSplit) out[2].data[index] = term[k];
          du[at(k * g.units + j)] = Cell::kSplit ? term[k] : dx[k];
        }
      }
      for (std::int64_t p = 0; (i > 0 || state) && p < g.units; ++p)
        for (std::int64_t k = 0; k < g.width(); ++k)
          dh[at(p)] += du[at(k)] * in[0].data[at(p * g.width() + k)];
    }
    const std::size_t next = Cell::kSplit ? 3 : 2;
    for (std::int64_t j = 0; j < g.units; ++j) {
      if (state) out[next].data[at(b * g.units + j)] = dh[at(j)];
      if (Cell::kCell && cell) out[next + (state ? 1 : 0)].data[at(b * g.units + j)] = dc[at(j)];
    }
  }
}

}  // namespace tandem::ops
