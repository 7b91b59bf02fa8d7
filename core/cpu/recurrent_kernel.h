// The kernels of the recurrent ops and their gradients. Each thread takes samples through all steps, so that threads never
// wait for each other; a step is a product with the packed recurrent kernel and one loop over the units.
#pragma once

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/row_product.h"
#include "core/cpu/vector_math.h"
#include "core/ops/recurrent.h"

namespace tandem::cpu {

// What the kernels have in common: the division of the samples, buffers and the shapes of rows.
class RecurrentBase : public Kernel {
 public:
  // own: floats of workspace for each sample; a cache line more, so that samples do not share the sets of a cache
  RecurrentBase(const ops::RecurrentGeometry& g, std::int64_t own, const KernelRequest& request)
      : g_(g),
        own_(own + 16),
        threads_(request.threads),
        rows_(static_cast<std::size_t>(g.batch)),
        counts_(static_cast<std::size_t>(g.batch)) {
    for (std::size_t i = 0; i < given_.size(); ++i) given_[i] = request.call.hasOperand(i);
  }

  // The packed kernel, a row of zeros, then what each sample needs.
  std::size_t workspaceBytes() const override {
    return sizeof(float) * (packed() + static_cast<std::size_t>(g_.units + g_.batch * own_));
  }

 protected:
  static constexpr std::int64_t kGrain = 1 << 18;  // multiply-adds that are worth a thread

  std::size_t packed() const {
    return std::max(packedFloats(g_.units, g_.width()), packedFloats(g_.width(), g_.units));
  }

  // Calls part(firstSample, lastSample) in each thread.
  template <class Part>
  void forEachPart(const Operands& o, const Part& part) {
    for (std::int64_t b = 0; b < g_.batch; ++b)
      counts_[static_cast<std::size_t>(b)] = g_.count(given(2) ? o.input<std::int32_t>(2) : nullptr, b);
    std::fill_n(zeros(o), g_.units, 0.0f);
    const std::int64_t perSample = std::max<std::int64_t>(1, g_.steps * g_.units * g_.width());
    parallelFor(threads_, g_.batch, std::max<std::int64_t>(1, kGrain / perSample), part);
  }

  float* zeros(const Operands& o) const { return static_cast<float*>(o.workspace) + packed(); }
  float* own(const Operands& o, std::int64_t sample) const { return zeros(o) + g_.units + sample * own_; }
  std::int64_t count(std::int64_t sample) const { return counts_[static_cast<std::size_t>(sample)]; }
  std::int64_t longest(std::int64_t begin, std::int64_t end) const {
    return *std::max_element(counts_.begin() + begin, counts_.begin() + end);
  }
  RowProduct* rows(std::int64_t sample) { return rows_.data() + sample; }

  // The index of a sample's i-th processed step among all steps.
  std::int64_t row(std::int64_t sample, std::int64_t i) const {
    return sample * g_.steps + g_.step(count(sample), i);
  }
  // Zeros for the steps after the end of a sample.
  void clearPadding(float* values, std::int64_t width, std::int64_t sample) const {
    std::fill_n(values + (sample * g_.steps + count(sample)) * width, (g_.steps - count(sample)) * width,
                0.0f);
  }
  bool given(std::size_t operand) const { return given_[operand]; }
  // A row of an optional operand, (rows, units); zeros if it is absent.
  const float* rowOrZeros(const Operands& o, int operand, std::int64_t index) const {
    return given(static_cast<std::size_t>(operand)) ? o.input<float>(operand) + index * g_.units : zeros(o);
  }

  ops::RecurrentGeometry g_;
  std::int64_t own_;
  int threads_;

 private:
  std::array<bool, 9> given_{};   // whether each operand is there
  std::vector<RowProduct> rows_;  // those of a thread begin at its first sample
  std::vector<std::int64_t> counts_;
};

template <class Cell>
class RecurrentKernel : public RecurrentBase {
  static constexpr std::make_integer_sequence<int, Cell::kGates> kGateList{};
  static constexpr std::make_integer_sequence<int, Cell::kSaved> kKeptList{};

 public:
  // A sample needs space for h U, for what is saved if there is no result for it, and for c.
  RecurrentKernel(const ops::RecurrentGeometry& g, const KernelRequest& request)
      : RecurrentBase(g, g.width() + (Cell::kSaved + 1) * g.units, request),
        saves_(request.call.outputs.size() > (Cell::kCell ? 3 : 2)) {}

  void run(const Operands& o) override {
    const PackedMatrix recurrent = packMatrix(threads_, o.input<float>(1), false, g_.units, g_.width(),
                                              static_cast<float*>(o.workspace));
    forEachPart(o, [&](std::int64_t begin, std::int64_t end) { advance(o, recurrent, begin, end); });
  }

 private:
  void advance(const Operands& o, const PackedMatrix& recurrent, std::int64_t begin, std::int64_t end) {
    const std::int64_t units = g_.units, width = g_.width();
    const float* bias = Cell::kSplit && given(4) ? o.input<float>(4) : nullptr;
    for (std::int64_t b = begin; b < end; ++b) start(o, b);
    for (std::int64_t i = 0, last = longest(begin, end); i < last; ++i) {
      std::int64_t active = 0;
      for (std::int64_t b = begin; b < end; ++b)
        if (i < count(b)) rows(begin)[active++] = {state(o, b), bias, own(o, b)};
      if (i > 0 || given(3)) {
        multiplyRows(recurrent, rows(begin), active);
      } else {
        for (std::int64_t k = 0; k < active; ++k) {
          float* u = rows(begin)[k].y;
          if (bias)
            std::copy_n(bias, width, u);
          else
            std::fill_n(u, width, 0.0f);
        }
      }
      for (std::int64_t b = begin; b < end; ++b) {
        if (i >= count(b)) continue;
        const std::int64_t at = row(b, i);
        float* h = o.output<float>(0) + at * units;
        step(units, o.input<float>(0) + at * width, own(o, b), state(o, b), cell(o, b), saved(o, b, at), h);
        std::copy_n(h, units, state(o, b));
      }
    }
  }

  // The last states are the current ones during the steps. Those of all samples are close together, unlike the results of
  // a step, which are a power of two apart and would displace each other from the caches.
  float* state(const Operands& o, std::int64_t b) const { return o.output<float>(1) + b * g_.units; }
  float* cell(const Operands& o, std::int64_t b) const {
    if constexpr (Cell::kCell) return o.output<float>(2) + b * g_.units;
    return own(o, b) + g_.width() + Cell::kSaved * g_.units;
  }
  float* saved(const Operands& o, std::int64_t b, std::int64_t at) const {
    if (saves_) return o.output<float>(Cell::kCell ? 3 : 2) + at * Cell::kSaved * g_.units;
    return own(o, b) + g_.width();
  }

  void start(const Operands& o, std::int64_t b) const {
    std::copy_n(rowOrZeros(o, 3, b), g_.units, state(o, b));
    std::copy_n(Cell::kCell ? rowOrZeros(o, 4, b) : zeros(o), g_.units, cell(o, b));
    clearPadding(o.output<float>(0), g_.units, b);
    if (saves_) clearPadding(o.output<float>(Cell::kCell ? 3 : 2), Cell::kSaved * g_.units, b);
  }

  // Not inlined, so that all threads run the same code. None of the arrays overlap.
  [[gnu::noinline]] static void step(std::int64_t units, const float* x, const float* u, const float* before,
                                     float* c, float* saved, float* h) {
#pragma omp simd
    for (std::int64_t j = 0; j < units; ++j)
      advanceUnit(kGateList, kKeptList, units, x + j, u + j, before + j, c + j, saved + j, h + j);
  }

  // A separate function with pack expansions, since arrays and loops inside the loop would prevent its vectorization.
  template <int... kGate, int... kKept>
  [[gnu::always_inline]] static inline void advanceUnit(std::integer_sequence<int, kGate...>,
                                                        std::integer_sequence<int, kKept...>,
                                                        std::int64_t units, const float* x, const float* u,
                                                        const float* before, float* c,
                                                        [[maybe_unused]] float* saved, float* h) {
    const float own[] = {x[kGate * units]...}, terms[] = {u[kGate * units]...};
    float kept[Cell::kSaved + 1];
    float state = *c;
    *h = Cell::template forward<VectorMath>(own, terms, *before, &state, kept);
    *c = state;
    ((saved[kKept * units] = kept[kKept]), ...);
  }

  bool saves_;
};

template <class Cell>
class RecurrentGradKernel : public RecurrentBase {
  static constexpr std::make_integer_sequence<int, Cell::kGates> kGateList{};
  static constexpr std::make_integer_sequence<int, Cell::kSaved> kKeptList{};

 public:
  // A sample needs space for dh, dc and the gradient of the recurrent term, which is read as often as the kernel has panels.
  RecurrentGradKernel(const ops::RecurrentGeometry& g, const KernelRequest& request)
      : RecurrentBase(g, g.width() + 2 * g.units, request) {}

  void run(const Operands& o) override {
    const PackedMatrix recurrent =
        packMatrix(threads_, o.input<float>(0), true, g_.width(), g_.units, static_cast<float*>(o.workspace));
    forEachPart(o, [&](std::int64_t begin, std::int64_t end) { retrace(o, recurrent, begin, end); });
  }

 private:
  void retrace(const Operands& o, const PackedMatrix& recurrent, std::int64_t begin, std::int64_t end) {
    const std::int64_t units = g_.units, width = g_.width();
    for (std::int64_t b = begin; b < end; ++b) start(o, b);
    for (std::int64_t i = longest(begin, end) - 1; i >= 0; --i) {
      std::int64_t active = 0;
      for (std::int64_t b = begin; b < end; ++b) {
        if (i >= count(b)) continue;
        const std::int64_t at = row(b, i);
        const float* h = before(o, b, i);
        float* dx = o.output<float>(0) + at * width;
        float *dh = own(o, b), *dc = dh + units, *du = dc + units;
        std::copy_n(h, units, o.output<float>(1) + at * units);
        step(units, savedAt(o, at), o.input<float>(1) + at * units, h, cellBefore(o, b, i),
             rowOrZeros(o, 4, at), dh, dc, dx, du);
        if (Cell::kSplit)
          std::copy_n(du, width, o.output<float>(2) + at * width);
        else
          std::copy_n(dx, width, du);
        rows(begin)[active++] = {du, dh, dh};
      }
      if (i > 0 || given(3)) multiplyRows(recurrent, rows(begin), active);
    }
    for (std::int64_t b = begin; b < end; ++b) finish(o, b);
  }

  const float* savedAt(const Operands& o, std::int64_t at) const {
    if constexpr (Cell::kSaved > 0) return o.input<float>(6) + at * Cell::kSaved * g_.units;
    return zeros(o);
  }
  const float* before(const Operands& o, std::int64_t b, std::int64_t i) const {
    if (i > 0) return o.input<float>(1) + row(b, i - 1) * g_.units;
    return rowOrZeros(o, 3, b);
  }
  const float* cellBefore(const Operands& o, std::int64_t b, std::int64_t i) const {
    if constexpr (Cell::kCell) {
      if (i > 0) return savedAt(o, row(b, i - 1)) + (Cell::kSaved - 1) * g_.units;
      return rowOrZeros(o, 7, b);
    }
    return zeros(o);
  }

  void start(const Operands& o, std::int64_t b) const {
    float* dh = own(o, b);
    std::copy_n(rowOrZeros(o, 5, b), g_.units, dh);
    std::copy_n(Cell::kCell ? rowOrZeros(o, 8, b) : zeros(o), g_.units, dh + g_.units);
    clearPadding(o.output<float>(0), g_.width(), b);
    clearPadding(o.output<float>(1), g_.units, b);
    if (Cell::kSplit) clearPadding(o.output<float>(2), g_.width(), b);
  }
  void finish(const Operands& o, std::int64_t b) const {
    const int next = Cell::kSplit ? 3 : 2;
    const float* dh = own(o, b);
    if (given(3)) std::copy_n(dh, g_.units, o.output<float>(next) + b * g_.units);
    if (Cell::kCell && given(7))
      std::copy_n(dh + g_.units, g_.units, o.output<float>(next + (given(3) ? 1 : 0)) + b * g_.units);
  }

  // As above; du is written only if the cell splits the gradients.
  [[gnu::noinline]] static void step(std::int64_t units, const float* saved, const float* h,
                                     const float* before, const float* cBefore, const float* dy, float* dh,
                                     float* dc, float* dx, float* du) {
#pragma omp simd
    for (std::int64_t j = 0; j < units; ++j)
      retraceUnit(kGateList, kKeptList, units, saved + j, h[j], before[j], cBefore[j], dy[j], dh + j, dc + j,
                  dx + j, du + j);
  }

  template <int... kGate, int... kKept>
  [[gnu::always_inline]] static inline void retraceUnit(std::integer_sequence<int, kGate...>,
                                                        std::integer_sequence<int, kKept...>,
                                                        std::int64_t units,
                                                        [[maybe_unused]] const float* saved, float h,
                                                        float before, float cBefore, float dy, float* dh,
                                                        float* dc, float* dx, [[maybe_unused]] float* du) {
    const float kept[] = {saved[kKept * units]..., 0.0f};
    float own[Cell::kGates], terms[Cell::kGates];
    float state = *dc;
    *dh = Cell::template backward<VectorMath>(kept, h, before, cBefore, *dh + dy, &state, own, terms);
    *dc = state;
    ((dx[kGate * units] = own[kGate]), ...);
    if constexpr (Cell::kSplit) ((du[kGate * units] = terms[kGate]), ...);
  }
};

template <class Cell>
KernelResult makeRecurrent(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto g = ops::RecurrentGeometry::of(request.attrs(), ops::RecurrentForm::of<Cell>(),
                                            request.in(0).shape, request.in(1).shape);
  return std::unique_ptr<Kernel>(std::make_unique<RecurrentKernel<Cell>>(g, request));
}

template <class Cell>
KernelResult makeRecurrentGrad(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto g = ops::RecurrentGeometry::of(request.attrs(), ops::RecurrentForm::of<Cell>(),
                                            request.in(1).shape, request.in(0).shape);
  return std::unique_ptr<Kernel>(std::make_unique<RecurrentGradKernel<Cell>>(g, request));
}

}  // namespace tandem::cpu
