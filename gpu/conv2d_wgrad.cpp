#include "core/ops/conv2d_wgrad.h"

#include "gpu/cast.h"
#include "gpu/convolution.h"
#include "gpu/graph_kernel.h"

namespace tandem::cuda {
namespace {

using In = ops::Conv2dWgradIn;

// cuDNN's filter gradient has the type of its operands, but the op's is f32. With half operands, it is
// computed in the workspace and converted.
class CudnnWgrad : public Kernel {
 public:
  CudnnWgrad(const ops::Conv2dGeometry& g, Engine& engine)
      : g_(g), cudnn_(engine.cudnn()), limit_(workspaceLimit(engine.properties().totalGlobalMem)) {}

  Status make(DType dtype, const DeviceOptions& options) {
    TANDEM_ASSIGN(d_, ConvolutionDescriptors::make(g_, dtype, options.precision));
    cudnnConvolutionBwdFilterAlgoPerf_t ranked[CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT];
    int count = 0;
    TANDEM_CUDA(cudnnGetConvolutionBackwardFilterAlgorithm_v7(
        cudnn_, d_.x.get(), d_.y.get(), d_.convolution.get(), d_.w.get(),
        CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT, &count, ranked));
    TANDEM_ASSIGN(
        chosen_,
        pickAlgorithm(d_, ranked, count, options, limit_, [this](auto algorithm, std::size_t* bytes) {
          return cudnnGetConvolutionBackwardFilterWorkspaceSize(
              cudnn_, d_.x.get(), d_.y.get(), d_.convolution.get(), d_.w.get(), algorithm, bytes);
        }));
    return success();
  }

  std::size_t workspaceBytes() const override { return d_.paddedBytes() + halfBytes() + chosen_.memory; }
  std::string detail() const override { return "algorithm " + std::to_string(chosen_.algo); }

  Status run(cudaStream_t stream, const Operands& o) override {
    const void* x = o.in[In::kX];
    auto* workspace = static_cast<std::byte*>(o.workspace);
    if (d_.padded) {
      TANDEM_TRY(padImage(stream, d_.dtype, x, workspace, d_.pad));
      x = workspace;
      workspace += d_.paddedBytes();
    }
    void* dw = isHalf(d_.dtype) ? workspace : o.out[0];
    const float one = 1, zero = 0;
    TANDEM_CUDA(cudnnConvolutionBackwardFilter(cudnn_, &one, d_.x.get(), x, d_.y.get(), o.in[In::kDy],
                                               d_.convolution.get(), chosen_.algo, workspace + halfBytes(),
                                               chosen_.memory, &zero, d_.w.get(), dw));
    if (dw == o.out[0]) return success();
    return convert(stream, d_.dtype, dw, DType::F32, o.out[0], g_.w().elements());
  }

 private:
  std::size_t halfBytes() const {
    if (!isHalf(d_.dtype)) return 0;
    return (static_cast<std::size_t>(g_.w().elements()) * sizeOf(d_.dtype) + 255) / 256 * 256;
  }

  ops::Conv2dGeometry g_;
  cudnnHandle_t cudnn_;
  std::size_t limit_;  // of the workspace
  ConvolutionDescriptors d_;
  cudnnConvolutionBwdFilterAlgoPerf_t chosen_{};
};

Result<std::unique_ptr<Kernel>> makeCudnn(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kDy}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::wgrad(request.attrs(), request.call.inputs));
  auto kernel = std::make_unique<CudnnWgrad>(g, request.engine);
  TANDEM_TRY(kernel->make(request.in(In::kX).dtype, request.options));
  return std::unique_ptr<Kernel>(std::move(kernel));
}

Result<std::unique_ptr<Kernel>> makeGraph(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kDy}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::wgrad(request.attrs(), request.call.inputs));
  return makeGraphKernel(request, ops::ConvPass::Wgrad, g, request.in(In::kX).dtype);
}

Result<std::unique_ptr<Kernel>> makeDirect(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kDy}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::wgrad(request.attrs(), request.call.inputs));
  TANDEM_TRY(directSupports(g));
  return makeKernel([g, dtype = request.in(In::kX).dtype](cudaStream_t stream, const Operands& o) {
    return directWgrad(stream, dtype, g, o.in[In::kX], o.in[In::kDy], o.output<float>(0));
  });
}

}  // namespace

extern const KernelList conv2d_wgrad;
const KernelList conv2d_wgrad = {{"cudnn_graph", makeGraph}, {"cudnn", makeCudnn}, {"direct", makeDirect}};

}  // namespace tandem::cuda
