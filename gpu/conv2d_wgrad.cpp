#include "core/ops/conv2d_wgrad.h"

#include "gpu/convolution.h"

namespace tandem::cuda {
namespace {

class CudnnWgrad : public Kernel {
 public:
  CudnnWgrad(const ops::Conv2dGeometry& g, Engine& engine) : g_(g), cudnn_(engine.cudnn()) {}

  Status make(const DeviceOptions& options) {
    TANDEM_ASSIGN(d_, ConvolutionDescriptors::make(g_, options.precision));
    cudnnConvolutionBwdFilterAlgoPerf_t ranked[CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT];
    int count = 0;
    TANDEM_CUDA(cudnnGetConvolutionBackwardFilterAlgorithm_v7(
        cudnn_, d_.x.get(), d_.y.get(), d_.convolution.get(), d_.w.get(),
        CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT, &count, ranked));
    TANDEM_ASSIGN(chosen_, pickAlgorithm(ranked, count, options, [this](auto algorithm, std::size_t* bytes) {
                    return cudnnGetConvolutionBackwardFilterWorkspaceSize(
                        cudnn_, d_.x.get(), d_.y.get(), d_.convolution.get(), d_.w.get(), algorithm, bytes);
                  }));
    return success();
  }

  std::size_t workspaceBytes() const override { return d_.paddedBytes() + chosen_.memory; }

  Status run(cudaStream_t stream, const Operands& o) override {
    const float* x = o.input<float>(0);
    auto* workspace = static_cast<std::byte*>(o.workspace);
    if (d_.padded) {
      auto* image = reinterpret_cast<float*>(workspace);
      TANDEM_TRY(padImage(stream, x, image, d_.pad));
      x = image;
      workspace += d_.paddedBytes();
    }
    const float one = 1, zero = 0;
    return check(
        cudnnConvolutionBackwardFilter(cudnn_, &one, d_.x.get(), x, d_.y.get(), o.in[1], d_.convolution.get(),
                                       chosen_.algo, workspace, chosen_.memory, &zero, d_.w.get(), o.out[0]),
        "cudnnConvolutionBackwardFilter");
  }

 private:
  ops::Conv2dGeometry g_;
  cudnnHandle_t cudnn_;
  ConvolutionDescriptors d_;
  cudnnConvolutionBwdFilterAlgoPerf_t chosen_{};
};

Result<std::unique_ptr<Kernel>> makeCudnn(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::wgrad(request.attrs(), request.call.inputs));
  auto kernel = std::make_unique<CudnnWgrad>(g, request.engine);
  TANDEM_TRY(kernel->make(request.options));
  return std::unique_ptr<Kernel>(std::move(kernel));
}

Result<std::unique_ptr<Kernel>> makeDirect(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::wgrad(request.attrs(), request.call.inputs));
  TANDEM_TRY(directSupports(g));
  return makeKernel([g](cudaStream_t stream, const Operands& o) {
    return directWgrad(stream, g, o.input<float>(0), o.input<float>(1), o.output<float>(0));
  });
}

}  // namespace

extern const KernelList conv2d_wgrad;
const KernelList conv2d_wgrad = {{"cudnn", makeCudnn}, {"direct", makeDirect}};

}  // namespace tandem::cuda
