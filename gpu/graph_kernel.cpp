#include "gpu/graph_kernel.h"

#include <string>

#include "core/ops/conv2d_dgrad.h"
#include "core/ops/conv2d_wgrad.h"
#include "gpu/cast.h"
#include "gpu/convolution_graph.h"
#include "gpu/epilogue.h"
#include "gpu/host/budget.h"

namespace tandem::cuda {
namespace {

class GraphKernel : public Kernel {
 public:
  GraphKernel(Engine& engine, const ConvolutionGraph& graph) : engine_(engine), graph_(graph) {}

  Status make(const DeviceOptions& options) {
    const GraphRules rules =
        graphRules(options, graph_.operands, workspaceLimit(engine_.properties().totalGlobalMem));
    TANDEM_ASSIGN(GraphPlan plan, planConvolution({.handle = engine_.cudnn()}, graph_, rules));
    plan_ = std::make_unique<GraphPlan>(std::move(plan));
    return success();
  }

  std::size_t workspaceBytes() const override { return plan_->workspaceBytes() + narrowBytes(); }
  std::string detail() const override { return "engine " + std::to_string(plan_->engine()); }

  Status run(cudaStream_t stream, const Operands& o) override {
    const ops::Conv2dGeometry& g = graph_.geometry;
    switch (graph_.pass) {
      case ops::ConvPass::Forward: {
        const void* bias = g.bias ? o.in[ops::Conv2dIn::kBias] : nullptr;
        TANDEM_TRY(plan_->run(
            {o.in[ops::Conv2dIn::kX], o.in[ops::Conv2dIn::kWeights], bias, o.out[0], o.workspace}));
        const ActivationKind rest = graph_.relu ? ActivationKind::None : g.activation;
        if (rest == ActivationKind::None && (graph_.bias || !bias)) return success();
        return biasActivation(stream, graph_.operands, o.out[0], graph_.bias ? nullptr : bias,
                              g.n * g.rows.out * g.columns.out, g.o, rest, g.alpha);
      }
      case ops::ConvPass::Dgrad:
        return plan_->run({o.out[0], o.in[ops::Conv2dDgradIn::kWeights], nullptr,
                           o.in[ops::Conv2dDgradIn::kDy], o.workspace});
      case ops::ConvPass::Wgrad:
        break;
    }
    if (narrowBytes() == 0)
      return plan_->run(
          {o.in[ops::Conv2dWgradIn::kX], o.out[0], nullptr, o.in[ops::Conv2dWgradIn::kDy], o.workspace});
    auto* const workspace = static_cast<std::byte*>(o.workspace);
    TANDEM_TRY(plan_->run({o.in[ops::Conv2dWgradIn::kX], workspace, nullptr, o.in[ops::Conv2dWgradIn::kDy],
                           workspace + narrowBytes()}));
    return convert(stream, graph_.operands, workspace, DType::F32, o.out[0], g.w().elements());
  }

 private:
  // Of a filter gradient in the type of its operands, which is then converted.
  std::size_t narrowBytes() const {
    if (graph_.pass != ops::ConvPass::Wgrad || !isHalf(graph_.operands) || graph_.f32Gradient) return 0;
    return (static_cast<std::size_t>(graph_.geometry.w().elements()) * sizeOf(graph_.operands) + 255) / 256 *
           256;
  }

  Engine& engine_;
  ConvolutionGraph graph_;  // as planned
  std::unique_ptr<GraphPlan> plan_;
};

}  // namespace

Result<std::unique_ptr<Kernel>> makeGraphKernel(const KernelRequest& request, ops::ConvPass pass,
                                                const ops::Conv2dGeometry& geometry, DType operands) {
  auto kernel = std::make_unique<GraphKernel>(
      request.engine, ConvolutionGraph{.pass = pass, .geometry = geometry, .operands = operands});
  TANDEM_TRY(kernel->make(request.options));
  return std::unique_ptr<Kernel>(std::move(kernel));
}

}  // namespace tandem::cuda
