// The parts of cuDNN that the backend uses: convolutions in NHWC, as defined by the API reference. Its graph interface is
// in cudnn_graph.cpp. The fused relu turns NaN into 0, whatever its descriptor requests. Quirks, which are possible
// behaviors of the real library that the backend must handle:
//   no_fused         the fused convolution fails when it is run
//   no_grouped       no algorithm for grouped convolutions
//   large_workspace  every algorithm requests 200 MiB of workspace
//   no_full_fp32     every algorithm of f32 convolutions uses tensor cores
#include <cudnn.h>

#include <cstdio>

#include "tests/gpu_stand_in/convolution.h"

using namespace tandem::stand_in;

namespace {

// One that fails, one whose results vary between runs, and a correct one.
template <class Performance, class Algorithm>
cudnnStatus_t rank(const Geometry& g, Algorithm failing, Algorithm nonDeterministic, Algorithm correct,
                   int requested, int* count, Performance* results) {
  *count = 0;
  if (!g.matches()) return refuse(CUDNN_STATUS_BAD_PARAM, "the operands do not match");
  const bool none = quirk("no_grouped") && g.conv.groups > 1;
  const cudnnMathType_t math =
      g.x.type != CUDA_R_32F || quirk("no_full_fp32") ? CUDNN_TENSOR_OP_MATH : g.conv.math;
  for (const Algorithm algorithm : {failing, nonDeterministic, correct}) {
    if (*count == requested) break;
    Performance& p = results[(*count)++] = {};
    p.algo = algorithm;
    p.status = none || algorithm == failing ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS;
    p.determinism = algorithm == correct ? CUDNN_DETERMINISTIC : CUDNN_NON_DETERMINISTIC;
    p.mathType = math;
    p.memory = kWorkspace;
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t workspace(std::size_t* bytes) {
  *bytes = quirk("large_workspace") ? std::size_t{200} << 20 : kWorkspace;
  return CUDNN_STATUS_SUCCESS;
}

template <class T>
cudnnStatus_t make(T** to) {
  *to = new T;
  return CUDNN_STATUS_SUCCESS;
}
template <class T>
cudnnStatus_t destroy(T* object) {
  delete object;
  return CUDNN_STATUS_SUCCESS;
}

float scalar(const void* p) {
  return *static_cast<const float*>(p);
}

}  // namespace

extern "C" {

size_t cudnnGetVersion() {
  return CUDNN_VERSION;
}
const char* cudnnGetErrorString(cudnnStatus_t status) {
  return status == CUDNN_STATUS_NOT_SUPPORTED ? "CUDNN_STATUS_NOT_SUPPORTED" : "an error of the stand-in";
}
void cudnnGetLastErrorString(char* to, size_t bytes) {
  std::snprintf(to, bytes, "%s", lastMessage.c_str());
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  return make(handle);
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  return destroy(handle);
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* d) {
  return make(d);
}
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) {
  return destroy(d);
}
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* d) {
  return make(d);
}
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t d) {
  return destroy(d);
}
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* d) {
  return make(d);
}
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t d) {
  return destroy(d);
}
cudnnStatus_t cudnnCreateActivationDescriptor(cudnnActivationDescriptor_t* d) {
  return make(d);
}
cudnnStatus_t cudnnDestroyActivationDescriptor(cudnnActivationDescriptor_t d) {
  return destroy(d);
}
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  if (format != CUDNN_TENSOR_NHWC || n <= 0 || c <= 0 || h <= 0 || w <= 0)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only non-empty NHWC tensors");
  *d = {CUDA_R_32F, n, c, h, w};
  return typeOf(type, d->type) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int h, int w) {
  if (format != CUDNN_TENSOR_NHWC || k <= 0 || c <= 0 || h <= 0 || w <= 0)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only non-empty NHWC filters");
  *d = {CUDA_R_32F, k, c, h, w};
  return typeOf(type, d->type) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int padH, int padW, int u,
                                              int v, int dilationH, int dilationW,
                                              cudnnConvolutionMode_t mode, cudnnDataType_t compute) {
  if (mode != CUDNN_CROSS_CORRELATION || compute != CUDNN_DATA_FLOAT)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only cross-correlation summed in f32");
  if (padH < 0 || padW < 0 || u <= 0 || v <= 0 || dilationH <= 0 || dilationW <= 0)
    return CUDNN_STATUS_BAD_PARAM;
  *d = {padH, padW, u, v, dilationH, dilationW, 1, CUDNN_DEFAULT_MATH};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t d, int groups) {
  d->groups = groups;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t math) {
  d->math = math;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetActivationDescriptor(cudnnActivationDescriptor_t d, cudnnActivationMode_t mode,
                                           cudnnNanPropagation_t nan, double coefficient) {
  *d = {mode, nan, coefficient};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetConvolution2dForwardOutputDim(const cudnnConvolutionDescriptor_t d,
                                                    const cudnnTensorDescriptor_t x,
                                                    const cudnnFilterDescriptor_t w, int* n, int* k, int* h,
                                                    int* wide) {
  *n = x->n;
  *k = w->k;
  *h = (x->h + 2 * d->padH - (d->dilationH * (w->h - 1) + 1)) / d->strideH + 1;
  *wide = (x->w + 2 * d->padW - (d->dilationW * (w->w - 1) + 1)) / d->strideW + 1;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t x,
                                                     const cudnnFilterDescriptor_t w,
                                                     const cudnnConvolutionDescriptor_t d,
                                                     const cudnnTensorDescriptor_t y, int requested,
                                                     int* count, cudnnConvolutionFwdAlgoPerf_t* results) {
  return rank(Geometry{*x, *y, *w, *d}, CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD, CUDNN_CONVOLUTION_FWD_ALGO_GEMM,
              CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, requested, count, results);
}
cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t, const cudnnFilterDescriptor_t w,
                                                          const cudnnTensorDescriptor_t y,
                                                          const cudnnConvolutionDescriptor_t d,
                                                          const cudnnTensorDescriptor_t x, int requested,
                                                          int* count,
                                                          cudnnConvolutionBwdDataAlgoPerf_t* results) {
  return rank(Geometry{*x, *y, *w, *d}, CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD,
              CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, requested, count,
              results);
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t x,
                                                            const cudnnTensorDescriptor_t y,
                                                            const cudnnConvolutionDescriptor_t d,
                                                            const cudnnFilterDescriptor_t w, int requested,
                                                            int* count,
                                                            cudnnConvolutionBwdFilterAlgoPerf_t* results) {
  return rank(Geometry{*x, *y, *w, *d}, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD,
              CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, requested, count,
              results);
}
cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                      const cudnnFilterDescriptor_t,
                                                      const cudnnConvolutionDescriptor_t,
                                                      const cudnnTensorDescriptor_t,
                                                      cudnnConvolutionFwdAlgo_t, size_t* bytes) {
  return workspace(bytes);
}
cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t, const cudnnFilterDescriptor_t,
                                                           const cudnnTensorDescriptor_t,
                                                           const cudnnConvolutionDescriptor_t,
                                                           const cudnnTensorDescriptor_t,
                                                           cudnnConvolutionBwdDataAlgo_t, size_t* bytes) {
  return workspace(bytes);
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                             const cudnnTensorDescriptor_t,
                                                             const cudnnConvolutionDescriptor_t,
                                                             const cudnnFilterDescriptor_t,
                                                             cudnnConvolutionBwdFilterAlgo_t, size_t* bytes) {
  return workspace(bytes);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha,
                                      const cudnnTensorDescriptor_t xDesc, const void* x,
                                      const cudnnFilterDescriptor_t wDesc, const void* w,
                                      const cudnnConvolutionDescriptor_t d, cudnnConvolutionFwdAlgo_t,
                                      void* space, size_t bytes, const void* beta,
                                      const cudnnTensorDescriptor_t yDesc, void* y) {
  const Geometry g{*xDesc, *yDesc, *wDesc, *d};
  if (const auto status = valid(g, space, bytes); status != CUDNN_STATUS_SUCCESS) return status;
  if (scalar(alpha) != 1 || scalar(beta) != 0) return refuse(CUDNN_STATUS_NOT_SUPPORTED, "scales");
  return queue(handle, space, [=] { forward(g, x, w, y, {}); });
}
cudnnStatus_t cudnnConvolutionBiasActivationForward(
    cudnnHandle_t handle, const void* alpha, const cudnnTensorDescriptor_t xDesc, const void* x,
    const cudnnFilterDescriptor_t wDesc, const void* w, const cudnnConvolutionDescriptor_t d,
    cudnnConvolutionFwdAlgo_t algorithm, void* space, size_t bytes, const void* alpha2,
    const cudnnTensorDescriptor_t, const void*, const cudnnTensorDescriptor_t biasDesc, const void* bias,
    const cudnnActivationDescriptor_t activation, const cudnnTensorDescriptor_t yDesc, void* y) {
  const Geometry g{*xDesc, *yDesc, *wDesc, *d};
  if (const auto status = valid(g, space, bytes); status != CUDNN_STATUS_SUCCESS) return status;
  if (quirk("no_fused")) return refuse(CUDNN_STATUS_NOT_SUPPORTED, "this quirk was requested");
  const bool relu = activation->mode == CUDNN_ACTIVATION_RELU;
  if (!relu && (activation->mode != CUDNN_ACTIVATION_IDENTITY ||
                algorithm != CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM))
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only relu, or identity in IMPLICIT_PRECOMP_GEMM");
  if (scalar(alpha) != 1 || scalar(alpha2) != 0 || biasDesc->c != g.y.c || biasDesc->elements() != g.y.c)
    return refuse(CUDNN_STATUS_BAD_PARAM, "scales or bias shape");
  if (relu && activation->ceiling <= 0)
    return refuse(CUDNN_STATUS_BAD_PARAM, "relu with an upper bound of 0");
  return queue(handle, space, [=] { forward(g, x, w, y, {bias, relu}); });
}
cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha,
                                           const cudnnFilterDescriptor_t wDesc, const void* w,
                                           const cudnnTensorDescriptor_t dyDesc, const void* dy,
                                           const cudnnConvolutionDescriptor_t d,
                                           cudnnConvolutionBwdDataAlgo_t, void* space, size_t bytes,
                                           const void* beta, const cudnnTensorDescriptor_t dxDesc, void* dx) {
  const Geometry g{*dxDesc, *dyDesc, *wDesc, *d};
  if (const auto status = valid(g, space, bytes); status != CUDNN_STATUS_SUCCESS) return status;
  if (scalar(alpha) != 1 || scalar(beta) != 0) return refuse(CUDNN_STATUS_NOT_SUPPORTED, "scales");
  return queue(handle, space, [=] { backwardData(g, w, dy, dx); });
}
cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha,
                                             const cudnnTensorDescriptor_t xDesc, const void* x,
                                             const cudnnTensorDescriptor_t dyDesc, const void* dy,
                                             const cudnnConvolutionDescriptor_t d,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm, void* space,
                                             size_t bytes, const void* beta,
                                             const cudnnFilterDescriptor_t dwDesc, void* dw) {
  const Geometry g{*xDesc, *dyDesc, *dwDesc, *d};
  if (const auto status = valid(g, space, bytes); status != CUDNN_STATUS_SUCCESS) return status;
  if (scalar(alpha) != 1 || scalar(beta) != 0) return refuse(CUDNN_STATUS_NOT_SUPPORTED, "scales");
  const bool wavers = algorithm == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0;
  return queue(handle, space, [=] {
    static unsigned turn = 0;
    backwardFilter(g, x, dy, dw, wavers && ++turn % 2 ? 1 + 2e-7f : 1.0f);
  });
}

}  // extern "C"
