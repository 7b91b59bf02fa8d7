#include "gpu/convolution.h"

namespace tandem::cuda {
namespace {

// Whether symmetric padding with `before` on both sides, as in cuDNN, gives the axis' output size.
bool symmetric(const ops::WindowAxis& a) {
  return a.before < a.extent() && (a.in + 2 * a.before - a.extent()) / a.stride + 1 == a.out;
}

// The number of input positions covered by windows, counted from the first padded position.
std::int64_t paddedExtent(const ops::WindowAxis& a) {
  return (a.out - 1) * a.stride + a.extent();
}

}  // namespace

std::size_t ConvolutionDescriptors::paddedBytes() const {
  if (!padded) return 0;
  const auto elements = static_cast<std::size_t>(pad.n) * static_cast<std::size_t>(pad.toH) *
                        static_cast<std::size_t>(pad.toW) * static_cast<std::size_t>(pad.c);
  return (elements * sizeOf(dtype) + 255) / 256 * 256;
}

PadGeometry ConvolutionDescriptors::crop() const {
  return {pad.n, pad.c, pad.toH, pad.toW, pad.fromH, pad.fromW, -pad.top, -pad.left};
}

Result<cudnnTensorDescriptor_t> newTensorDescriptor() {
  cudnnTensorDescriptor_t descriptor = nullptr;
  TANDEM_CUDA(cudnnCreateTensorDescriptor(&descriptor));
  return descriptor;
}

Result<ConvolutionDescriptors> ConvolutionDescriptors::make(const ops::Conv2dGeometry& g, DType dtype,
                                                            Precision precision) {
  ConvolutionDescriptors d;
  d.dtype = dtype;
  d.tensorCores = isHalf(dtype) || precision == Precision::Tf32;
  const cudnnDataType_t type = cudnnType(dtype);
  if (g.x().elements() == 0 || g.w().elements() == 0 || g.y().elements() == 0)
    return refuse("an operand is empty");
  for (const ops::WindowAxis& a : {g.rows, g.columns})
    if (a.in >= (1 << 24) || a.out >= (1 << 24)) return refuse("the image is too large");
  d.padded = !symmetric(g.rows) || !symmetric(g.columns);
  const auto i = [](std::int64_t v) { return static_cast<int>(v); };
  int height = i(g.rows.in), width = i(g.columns.in), padTop = i(g.rows.before),
      padLeft = i(g.columns.before);
  if (d.padded) {
    height = i(paddedExtent(g.rows));
    width = i(paddedExtent(g.columns));
    d.pad = {i(g.n), i(g.c), i(g.rows.in), i(g.columns.in), height, width, padTop, padLeft};
    padTop = padLeft = 0;
    if (!fits32(g.n * g.c * height * width)) return refuse("more than 2^31 elements with padding");
  }
  TANDEM_ASSIGN(const auto x, newTensorDescriptor());
  d.x = TensorDescriptor(x);
  TANDEM_CUDA(cudnnSetTensor4dDescriptor(x, CUDNN_TENSOR_NHWC, type, i(g.n), i(g.c), height, width));
  TANDEM_ASSIGN(const auto y, newTensorDescriptor());
  d.y = TensorDescriptor(y);
  TANDEM_CUDA(cudnnSetTensor4dDescriptor(y, CUDNN_TENSOR_NHWC, type, i(g.n), i(g.o), i(g.rows.out),
                                         i(g.columns.out)));
  cudnnFilterDescriptor_t w = nullptr;
  TANDEM_CUDA(cudnnCreateFilterDescriptor(&w));
  d.w = FilterDescriptor(w);
  TANDEM_CUDA(cudnnSetFilter4dDescriptor(w, type, CUDNN_TENSOR_NHWC, i(g.o), i(g.c / g.groups),
                                         i(g.rows.kernel), i(g.columns.kernel)));
  cudnnConvolutionDescriptor_t convolution = nullptr;
  TANDEM_CUDA(cudnnCreateConvolutionDescriptor(&convolution));
  d.convolution = ConvolutionDescriptor(convolution);
  TANDEM_CUDA(cudnnSetConvolution2dDescriptor(convolution, padTop, padLeft, i(g.rows.stride),
                                              i(g.columns.stride), i(g.rows.dilation), i(g.columns.dilation),
                                              CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
  TANDEM_CUDA(cudnnSetConvolutionGroupCount(convolution, i(g.groups)));
  TANDEM_CUDA(
      cudnnSetConvolutionMathType(convolution, d.tensorCores ? CUDNN_TENSOR_OP_MATH : CUDNN_FMA_MATH));
  int n = 0, o = 0, h = 0, wide = 0;
  TANDEM_CUDA(cudnnGetConvolution2dForwardOutputDim(convolution, x, w, &n, &o, &h, &wide));
  TANDEM_CHECK(n == g.n && o == g.o && h == g.rows.out && wide == g.columns.out,
               "cuDNN computes a different output geometry");
  return d;
}

}  // namespace tandem::cuda
