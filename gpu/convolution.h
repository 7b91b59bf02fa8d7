// What the three convolution ops share: cuDNN descriptors in NHWC, and the plain kernels that take
// what cuDNN does not.
#pragma once

#include <memory>

#include "core/ops/conv2d.h"
#include "gpu/kernel.h"
#include "gpu/pad.h"

namespace tandem::cuda {

// cuDNN's view of a convolution. Where its symmetric padding cannot express the geometry, `padded` is
// set, the convolution has no padding and works on a padded image of `image` (n, h, w, c).
struct ConvolutionDescriptors {
  TensorDescriptor x, y;
  FilterDescriptor w;
  ConvolutionDescriptor convolution;
  bool padded = false;
  PadGeometry pad{};  // from the op's image to the padded one
  DType dtype = DType::F32;
  bool tensorCores = false;  // wanted; without, f32 products keep all their digits

  std::size_t paddedBytes() const;  // a multiple of 256; 0 when not padded
  PadGeometry crop() const;         // from the padded image back

  // All three operands have the type dtype; sums are taken in f32. In half precision on tensor cores, in
  // f32 on them only for tf32.
  static Result<ConvolutionDescriptors> make(const ops::Conv2dGeometry& g, DType dtype, Precision precision);
};

// Workspace that a convolution may ask for.
constexpr std::size_t kConvolutionWorkspaceLimit = std::size_t{512} << 20;

// From cuDNN's ranked algorithms, the first that works here: found, deterministic where asked, in the
// precision asked and within the workspace limit. `workspace(algorithm, bytes)` asks for its workspace.
// An algorithm is ranked together with a kind of arithmetic and stands for another kernel with any other, so
// the convolution gets the one that belongs to what was picked.
template <class Performance, class Workspace>
Result<Performance> pickAlgorithm(const ConvolutionDescriptors& d, const Performance* ranked, int count,
                                  const DeviceOptions& options, const Workspace& workspace) {
  for (int i = 0; i < count; ++i) {
    Performance candidate = ranked[i];
    if (candidate.status != CUDNN_STATUS_SUCCESS) continue;
    if (options.deterministic && candidate.determinism != CUDNN_DETERMINISTIC) continue;
    // CUDNN_DEFAULT_MATH allows tf32 from Ampere on: for f32 in full, the FMA that is set stays.
    const bool tensorCores = candidate.mathType != CUDNN_FMA_MATH && candidate.mathType != CUDNN_DEFAULT_MATH;
    if (!d.tensorCores && tensorCores) continue;
    if (d.tensorCores) TANDEM_CUDA(cudnnSetConvolutionMathType(d.convolution.get(), candidate.mathType));
    if (workspace(candidate.algo, &candidate.memory) != CUDNN_STATUS_SUCCESS) continue;
    if (candidate.memory > kConvolutionWorkspaceLimit) continue;
    return candidate;
  }
  return refuse("cuDNN has no algorithm for this convolution");
}

Result<cudnnTensorDescriptor_t> newTensorDescriptor();
cudnnDataType_t cudnnType(DType dtype);  // f32, f16, bf16

// One thread for each result (forward, dgrad) or one block (wgrad): slow, takes every geometry of less
// than 2^31 elements, and adds in a fixed order.
// Operands are of type dtype, dw is f32.
Status directForward(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* x,
                     const void* w, const void* bias, void* y);
Status directDgrad(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* dy,
                   const void* w, void* dx);
Status directWgrad(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* x,
                   const void* dy, float* dw);
Status directSupports(const ops::Conv2dGeometry& g);

}  // namespace tandem::cuda
