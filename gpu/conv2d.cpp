#include "core/ops/conv2d.h"

#include <limits>

#include "gpu/convolution.h"
#include "gpu/epilogue.h"
#include "gpu/graph_kernel.h"

namespace tandem::cuda {
namespace {

using In = ops::Conv2dIn;

class CudnnForward : public Kernel {
 public:
  CudnnForward(const ops::Conv2dGeometry& g, Engine& engine, bool fuse)
      : g_(g),
        cudnn_(engine.cudnn()),
        limit_(workspaceLimit(engine.properties().totalGlobalMem)),
        stream_(engine.stream()),
        fuse_(fuse) {}

  Status make(DType dtype, const DeviceOptions& options) {
    TANDEM_ASSIGN(d_, ConvolutionDescriptors::make(g_, dtype, options.precision));
    cudnnConvolutionFwdAlgoPerf_t ranked[CUDNN_CONVOLUTION_FWD_ALGO_COUNT];
    int count = 0;
    TANDEM_CUDA(cudnnGetConvolutionForwardAlgorithm_v7(cudnn_, d_.x.get(), d_.w.get(), d_.convolution.get(),
                                                       d_.y.get(), CUDNN_CONVOLUTION_FWD_ALGO_COUNT, &count,
                                                       ranked));
    TANDEM_ASSIGN(
        chosen_,
        pickAlgorithm(d_, ranked, count, options, limit_, [this](auto algorithm, std::size_t* bytes) {
          return cudnnGetConvolutionForwardWorkspaceSize(cudnn_, d_.x.get(), d_.w.get(), d_.convolution.get(),
                                                         d_.y.get(), algorithm, bytes);
        }));
    return fuse_ ? makeFused() : success();
  }

  std::size_t workspaceBytes() const override { return d_.paddedBytes() + chosen_.memory; }
  std::string detail() const override { return "algorithm " + std::to_string(chosen_.algo); }

  // cuDNN reports only at run time that it cannot fuse, so try it. If it fails, the epilogue runs as a separate
  // kernel. A fused relu may turn NaN into 0: see core/ops/update_faults.h.
  Status bind(const Operands& o) override {
    if (!fuse_) return success();
    Status ran = convolve(stream_, o, o.in[In::kBias]);
    if (!ran.ok() &&
        (ran.error().code == ErrorCode::DeviceLost || ran.error().code == ErrorCode::OutOfMemory))
      return ran;
    fuse_ = ran.ok();
    return success();
  }

  Status run(cudaStream_t stream, const Operands& o) override {
    return convolve(stream, o, g_.bias ? o.in[In::kBias] : nullptr);
  }

 private:
  Status convolve(cudaStream_t stream, const Operands& o, const void* bias) {
    const void* x = o.in[In::kX];
    auto* workspace = static_cast<std::byte*>(o.workspace);
    if (d_.padded) {
      TANDEM_TRY(padImage(stream, d_.dtype, x, workspace, d_.pad));
      x = workspace;
      workspace += d_.paddedBytes();
    }
    const float one = 1, zero = 0;
    void* y = o.out[0];
    if (fuse_)
      return check(cudnnConvolutionBiasActivationForward(
                       cudnn_, &one, d_.x.get(), x, d_.w.get(), o.in[In::kWeights], d_.convolution.get(),
                       chosen_.algo, workspace, chosen_.memory, &zero, d_.y.get(), y, bias_.get(), bias,
                       activation_.get(), d_.y.get(), y),
                   "cudnnConvolutionBiasActivationForward");
    TANDEM_CUDA(cudnnConvolutionForward(cudnn_, &one, d_.x.get(), x, d_.w.get(), o.in[In::kWeights],
                                        d_.convolution.get(), chosen_.algo, workspace, chosen_.memory, &zero,
                                        d_.y.get(), y));
    return biasActivation(stream, d_.dtype, y, g_.bias ? bias : nullptr, g_.n * g_.rows.out * g_.columns.out,
                          g_.o, g_.activation, g_.alpha);
  }

  Status makeFused() {
    const bool relu = g_.activation == ActivationKind::Relu;
    if (!g_.bias || !(relu || g_.activation == ActivationKind::None))
      return refuse("cuDNN fuses a bias only alone or with relu");
    if (!relu && chosen_.algo != CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM)
      return refuse("cuDNN fuses a bias alone only in its precomputed implicit GEMM");
    TANDEM_ASSIGN(const auto bias, newTensorDescriptor());
    bias_ = TensorDescriptor(bias);
    TANDEM_CUDA(cudnnSetTensor4dDescriptor(bias, CUDNN_TENSOR_NHWC, cudnnType(d_.dtype), 1,
                                           static_cast<int>(g_.o), 1, 1));
    cudnnActivationDescriptor_t activation = nullptr;
    TANDEM_CUDA(cudnnCreateActivationDescriptor(&activation));
    activation_ = ActivationDescriptor(activation);
    // The coefficient is relu's upper bound (cuDNN API reference); 0 could clip everything.
    return check(
        cudnnSetActivationDescriptor(activation, relu ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY,
                                     CUDNN_PROPAGATE_NAN, std::numeric_limits<double>::max()),
        "cudnnSetActivationDescriptor");
  }

  ops::Conv2dGeometry g_;
  cudnnHandle_t cudnn_;
  std::size_t limit_;  // of the workspace
  cudaStream_t stream_;
  bool fuse_;
  ConvolutionDescriptors d_;
  cudnnConvolutionFwdAlgoPerf_t chosen_{};
  TensorDescriptor bias_;
  ActivationDescriptor activation_;
};

template <bool kFuse>
Result<std::unique_ptr<Kernel>> makeCudnn(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kWeights, In::kBias}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::forward(request.attrs(), request.call.inputs));
  auto kernel = std::make_unique<CudnnForward>(g, request.engine, kFuse);
  TANDEM_TRY(kernel->make(request.in(In::kX).dtype, request.options));
  return std::unique_ptr<Kernel>(std::move(kernel));
}

Result<std::unique_ptr<Kernel>> makeGraph(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kWeights, In::kBias}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::forward(request.attrs(), request.call.inputs));
  return makeGraphKernel(request, ops::ConvPass::Forward, g, request.in(In::kX).dtype);
}

Result<std::unique_ptr<Kernel>> makeDirect(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kWeights, In::kBias}));
  TANDEM_ASSIGN(const auto g, ops::Conv2dGeometry::forward(request.attrs(), request.call.inputs));
  TANDEM_TRY(directSupports(g));
  return makeKernel([g, dtype = request.in(In::kX).dtype](cudaStream_t stream, const Operands& o) -> Status {
    TANDEM_TRY(directForward(stream, dtype, g, o.in[In::kX], o.in[In::kWeights],
                             g.bias ? o.in[In::kBias] : nullptr, o.out[0]));
    return biasActivation(stream, dtype, o.out[0], nullptr, g.n * g.rows.out * g.columns.out, g.o,
                          g.activation, g.alpha);
  });
}

}  // namespace

extern const KernelList conv2d;
const KernelList conv2d = {{"cudnn_graph", makeGraph},
                           {"cudnn_fused", makeCudnn<true>},
                           {"cudnn", makeCudnn<false>},
                           {"direct", makeDirect}};

}  // namespace tandem::cuda
