#include "core/base/parallel.h"
#include "core/cpu/activate_range.h"
#include "core/cpu/matmul_kernels.h"
#include "core/cpu/onednn.h"
#include "core/ops/matmul.h"

namespace tandem::cpu {
namespace {

using In = ops::MatmulIn;

using Tag = dnnl::memory::data_type;

// Row-major (rows, columns), or the transpose of a row-major matrix.
dnnl::memory::desc matrix(std::int64_t rows, std::int64_t columns, bool transposed) {
  return {
      {rows, columns}, Tag::f32, transposed ? dnnl::memory::dims{1, rows} : dnnl::memory::dims{columns, 1}};
}

class OnednnMatmul : public Kernel {
 public:
  OnednnMatmul(const ops::MatmulGeometry& g, int threads) : count_(g.m * g.n), threads_(threads) {
    const auto a = matrix(g.m, g.k, g.transposeA), b = matrix(g.k, g.n, g.transposeB),
               y = matrix(g.m, g.n, false);
    const dnnl::memory::desc bias({1, g.n}, Tag::f32, dnnl::memory::dims{g.n, 1});
    dnnl::post_ops after;
    // oneDNN's relu turns NaN into 0, which would hide failed training: run() applies it instead.
    if (g.activation == ActivationKind::Relu || appliedAfterwards(g.activation))
      function_ = g.activation;
    else
      appendActivation(after, g.activation, static_cast<float>(g.alpha));
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    attr.set_post_ops(after);
    const auto plan =
        onednn::planMatmul(a, b, g.bias ? std::optional(bias) : std::nullopt, y, onednnEngine(), attr);
    using Place = OnednnSequence::Place;
    std::vector<std::pair<int, dnnl::memory>> arguments = {
        {DNNL_ARG_SRC, sequence_.operand(Place::Input, In::kA, a)},
        {DNNL_ARG_WEIGHTS, sequence_.operand(Place::Input, In::kB, b)},
        {DNNL_ARG_DST, sequence_.operand(Place::Output, 0, y)},
        {DNNL_ARG_SCRATCHPAD, sequence_.scratch(plan.scratchpad_desc())}};
    if (g.bias) arguments.emplace_back(DNNL_ARG_BIAS, sequence_.operand(Place::Input, In::kBias, bias));
    sequence_.add(dnnl::matmul(plan), arguments);
  }

  std::size_t workspaceBytes() const override { return sequence_.workspaceBytes(); }
  void run(const Operands& operands) override {
    sequence_.run(operands);
    if (function_ == ActivationKind::None) return;
    float* y = operands.output<float>(0);
    parallelFor(threads_, count_, kCheapGrain, [this, y](std::int64_t begin, std::int64_t end) {
      activateRange(function_, 0, y + begin, y + begin, end - begin);
    });
  }

 private:
  OnednnSequence sequence_;
  ActivationKind function_ = ActivationKind::None;  // that run() applies
  std::int64_t count_;
  int threads_;
};

}  // namespace

KernelResult makeOnednnMatmul(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto geometry, ops::MatmulGeometry::from(request.attrs(), request.call.inputs));
  return makeWithOnednn(request.threads, [&]() -> KernelResult {
    return std::unique_ptr<Kernel>(std::make_unique<OnednnMatmul>(geometry, request.threads));
  });
}

}  // namespace tandem::cpu
