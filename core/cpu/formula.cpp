#include "core/ops/formula.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/vector_math.h"
#include "core/ops/formula_program.h"

namespace tandem::cpu {
namespace {

constexpr std::int64_t kTile = 128;

// Of any number. vlog computes with the bits of a positive one.
float anyLog(float x) {
  const float positive = x > 0.0f ? x : 1.0f;
  const bool small = positive < std::numeric_limits<float>::min();  // subnormal numbers are scaled by 2^24
  const float log = vlog(small ? positive * 16777216.0f : positive) - (small ? 16.6355324f : 0.0f);
  const float above = x > std::numeric_limits<float>::max() ? x : log;
  const float least = x == 0.0f ? -std::numeric_limits<float>::infinity() : above;
  return x >= 0.0f ? least : std::numeric_limits<float>::quiet_NaN();
}

template <FormulaCode kCode>
float valueOf(float a, float b, float c) {
  if constexpr (kCode == FormulaCode::Exp)
    return vexp(a);
  else if constexpr (kCode == FormulaCode::Log)
    return anyLog(a);
  else if constexpr (kCode == FormulaCode::Tanh)
    return vtanh(a);
  else if constexpr (kCode == FormulaCode::Sigmoid)
    return vsigmoid(a);
  else if constexpr (kCode == FormulaCode::Softplus)
    return vsoftplus(a);
  else
    return formulaValue(kCode, a, b, c);
}

using MapTile = void (*)(const float* a, const float* b, const float* c, float* to, std::int64_t count);

// `to` may be an operand. Those that the code does not have are not read.
template <FormulaCode kCode>
void mapTile(const float* a, const float* b, const float* c, float* to, std::int64_t count) {
  constexpr int kArity = formulaArity(kCode);
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i)
    to[i] = valueOf<kCode>(a[i], kArity > 1 ? b[i] : 0.0f, kArity > 2 ? c[i] : 0.0f);
}

template <std::size_t... kCodes>
MapTile mapOf(FormulaCode code, std::index_sequence<kCodes...>) {
  static constexpr MapTile kMaps[] = {mapTile<static_cast<FormulaCode>(kCodes)>...};
  return kMaps[static_cast<std::size_t>(code)];
}

// Copies elements [begin, begin + count) of an operand that is repeated along some axis.
void gather(const FormulaAxes& axes, int operand, const float* from, std::int64_t begin, std::int64_t count,
            float* to) {
  const int last = axes.count - 1;
  const std::int64_t width = axes.extent[last], step = axes.stride[operand][last];
  for (std::int64_t i = 0; i < count;) {
    const std::int64_t length = std::min(width - (begin + i) % width, count - i);
    const float* const row = from + axes.at(operand, begin + i);
    if (step == 0)
      std::fill_n(to + i, length, *row);
    else
      for (std::int64_t j = 0; j < length; ++j) to[i + j] = row[j * step];
    i += length;
  }
}

// The elements [begin, begin + count) of the result, at most kTile, in y. The slots are in `buffer`.
void evaluate(const FormulaProgram& program, const FormulaAxes& axes, const Operands& o, std::int64_t begin,
              std::int64_t count, float* buffer, float* y) {
  const float* slots[FormulaProgram::kMaxSlots];
  for (int k = 0; k < program.count; ++k) {
    const FormulaInstruction& step = program.code[k];
    float* const to = k + 1 == program.count ? y : buffer + step.to * kTile;
    if (step.code == FormulaCode::Constant) {
      std::fill_n(to, count, program.constants[step.a]);
    } else if (step.code == FormulaCode::Operand) {
      const float* const from = o.input<float>(step.a);
      if (!axes.whole(step.a)) {
        gather(axes, step.a, from, begin, count, to);
      } else if (to == y) {
        std::copy_n(from + begin, count, to);
      } else {
        slots[step.to] = from + begin;
        continue;
      }
    } else {
      const MapTile map = mapOf(step.code, std::make_index_sequence<kFormulaCodes>());
      const int arity = formulaArity(step.code);
      map(slots[step.a], arity > 1 ? slots[step.b] : nullptr, arity > 2 ? slots[step.c] : nullptr, to, count);
    }
    slots[step.to] = to;
  }
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const Formula formula, Formula::from(request.attrs()));
  TANDEM_ASSIGN(const FormulaProgram program, FormulaProgram::of(formula));
  const Shape& shape = request.out(0).shape;
  const FormulaAxes axes = FormulaAxes::of(shape, request.call.inputs);
  return kernelOf([=, n = shape.elements(), threads = request.threads](const Operands& o) {
    float* const y = o.output<float>(0);
    parallelFor(threads, n, kCostlyGrain, [&](std::int64_t begin, std::int64_t end) {
      alignas(64) float buffer[FormulaProgram::kMaxSlots * kTile];
      for (std::int64_t at = begin; at < end; at += kTile)
        evaluate(program, axes, o, at, std::min(kTile, end - at), buffer, y + at);
    });
  });
}

}  // namespace

extern const KernelList formula;
const KernelList formula = {{"simd", make}};

}  // namespace tandem::cpu
