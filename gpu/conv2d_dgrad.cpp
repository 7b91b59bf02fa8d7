#include "core/ops/conv2d_dgrad.h"

#include "gpu/convolution.h"
#include "gpu/graph_kernel.h"

namespace tandem::cuda {
namespace {

using In = ops::Conv2dDgradIn;

class CudnnDgrad : public Kernel {
 public:
  CudnnDgrad(const ops::Conv2dGeometry& g, Engine& engine)
      : g_(g), cudnn_(engine.cudnn()), limit_(workspaceLimit(engine.properties().totalGlobalMem)) {}

  Status make(DType dtype, const DeviceOptions& options) {
    TANDEM_ASSIGN(d_, ConvolutionDescriptors::make(g_, dtype, options.precision));
    cudnnConvolutionBwdDataAlgoPerf_t ranked[CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT];
    int count = 0;
    TANDEM_CUDA(cudnnGetConvolutionBackwardDataAlgorithm_v7(
        cudnn_, d_.w.get(), d_.y.get(), d_.convolution.get(), d_.x.get(),
        CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT, &count, ranked));
    TANDEM_ASSIGN(
        chosen_,
        pickAlgorithm(d_, ranked, count, options, limit_, [this](auto algorithm, std::size_t* bytes) {
          return cudnnGetConvolutionBackwardDataWorkspaceSize(
              cudnn_, d_.w.get(), d_.y.get(), d_.convolution.get(), d_.x.get(), algorithm, bytes);
        }));
    return success();
  }

  std::size_t workspaceBytes() const override { return d_.paddedBytes() + chosen_.memory; }
  std::string detail() const override { return "algorithm " + std::to_string(chosen_.algo); }

  Status run(cudaStream_t stream, const Operands& o) override {
    auto* workspace = static_cast<std::byte*>(o.workspace);
    void* image = d_.padded ? workspace : o.out[0];
    const float one = 1, zero = 0;
    TANDEM_CUDA(cudnnConvolutionBackwardData(
        cudnn_, &one, d_.w.get(), o.in[In::kWeights], d_.y.get(), o.in[In::kDy], d_.convolution.get(),
        chosen_.algo, workspace + d_.paddedBytes(), chosen_.memory, &zero, d_.x.get(), image));
    return d_.padded ? padImage(stream, d_.dtype, image, o.out[0], d_.crop()) : success();
  }

 private:
  ops::Conv2dGeometry g_;
  cudnnHandle_t cudnn_;
  std::size_t limit_;  // of the workspace
  ConvolutionDescriptors d_;
  cudnnConvolutionBwdDataAlgoPerf_t chosen_{};
};

Result<std::unique_ptr<Kernel>> makeCudnn(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kWeights}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::dgrad(request.attrs(), request.call.inputs));
  auto kernel = std::make_unique<CudnnDgrad>(g, request.engine);
  TANDEM_TRY(kernel->make(request.in(In::kDy).dtype, request.options));
  return std::unique_ptr<Kernel>(std::move(kernel));
}

Result<std::unique_ptr<Kernel>> makeGraph(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kWeights}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::dgrad(request.attrs(), request.call.inputs));
  return makeGraphKernel(request, ops::ConvPass::Dgrad, g, request.in(In::kDy).dtype);
}

Result<std::unique_ptr<Kernel>> makeDirect(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kWeights}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::dgrad(request.attrs(), request.call.inputs));
  TANDEM_TRY(directSupports(g));
  return makeKernel([g, dtype = request.in(In::kDy).dtype](cudaStream_t stream, const Operands& o) {
    return directDgrad(stream, dtype, g, o.in[In::kDy], o.in[In::kWeights], o.out[0]);
  });
}

}  // namespace

extern const KernelList conv2d_dgrad;
const KernelList conv2d_dgrad = {{"cudnn_graph", makeGraph}, {"cudnn", makeCudnn}, {"direct", makeDirect}};

}  // namespace tandem::cuda
