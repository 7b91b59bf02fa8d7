// Shared by the three convolution ops: cuDNN descriptors in NHWC, and direct kernels as the fallback.
#pragma once

#include <memory>

#include "core/ops/conv2d.h"
#include "core/text/units.h"
#include "gpu/graph.h"
#include "gpu/host/budget.h"
#include "gpu/kernel.h"
#include "gpu/pad.h"

namespace tandem::cuda {

// The cuDNN descriptors of a convolution. If its symmetric padding cannot express the geometry, `padded` is
// set and the convolution runs without padding on an explicitly padded image (n, h, w, c).
struct ConvolutionDescriptors {
  TensorDescriptor x, y;
  FilterDescriptor w;
  ConvolutionDescriptor convolution;
  bool padded = false;
  PadGeometry pad{};  // from the op's image to the padded one
  DType dtype = DType::F32;
  bool tensorCores = false;  // requested; without them, f32 products have full precision

  std::size_t paddedBytes() const;  // a multiple of 256; 0 when not padded
  PadGeometry crop() const;         // from the padded image to the op's image

  // All three operands have type dtype; sums are in f32. Tensor cores are used for half precision and tf32.
  static Result<ConvolutionDescriptors> make(const ops::Conv2dGeometry& g, DType dtype, Precision precision);
};

// Picks the first usable algorithm from cuDNN's ranking: available, deterministic if required, in the
// requested precision and with at most `limit` bytes of workspace. `workspace(algorithm, bytes)` queries its workspace. An
// algorithm is ranked together with a math type and is a different kernel with any other, so the
// convolution's math type is set to that of the picked entry.
template <class Performance, class Workspace>
Result<Performance> pickAlgorithm(const ConvolutionDescriptors& d, const Performance* ranked, int count,
                                  const DeviceOptions& options, std::size_t limit,
                                  const Workspace& workspace) {
  bool tooLarge = false;
  for (int i = 0; i < count; ++i) {
    Performance candidate = ranked[i];
    if (candidate.status != CUDNN_STATUS_SUCCESS) continue;
    if (options.deterministic && candidate.determinism != CUDNN_DETERMINISTIC) continue;
    // CUDNN_DEFAULT_MATH allows tf32 on Ampere and newer; full f32 keeps CUDNN_FMA_MATH, set before.
    const bool tensorCores = candidate.mathType != CUDNN_FMA_MATH && candidate.mathType != CUDNN_DEFAULT_MATH;
    if (!d.tensorCores && tensorCores) continue;
    if (d.tensorCores) TANDEM_CUDA(cudnnSetConvolutionMathType(d.convolution.get(), candidate.mathType));
    if (workspace(candidate.algo, &candidate.memory) != CUDNN_STATUS_SUCCESS) continue;
    if (candidate.memory <= limit) return candidate;
    tooLarge = true;
  }
  if (tooLarge)
    return refuse("cuDNN's algorithms need more than " + bytesText(static_cast<double>(limit)) +
                  " of workspace");
  return refuse("cuDNN has no algorithm for this convolution");
}

Result<cudnnTensorDescriptor_t> newTensorDescriptor();

// One thread (forward, dgrad) or one block (wgrad) per result: slow, but supports every geometry with fewer
// than 2^31 elements and sums in a fixed order. Operands have type dtype; dw is f32.
Status directForward(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* x,
                     const void* w, const void* bias, void* y);
Status directDgrad(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* dy,
                   const void* w, void* dx);
Status directWgrad(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* x,
                   const void* dy, float* dw);
Status directSupports(const ops::Conv2dGeometry& g);

}  // namespace tandem::cuda
