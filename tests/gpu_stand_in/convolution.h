// Convolutions in NHWC in plain loops, for both interfaces of the stand-in's cuDNN.
#pragma once

#include <cudnn.h>

#include <cstring>
#include <string>

#include "tests/gpu_stand_in/machine.h"
#include "tests/gpu_stand_in/numbers.h"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};
struct cudnnTensorStruct {
  cudaDataType_t type = CUDA_R_32F;
  int n = 0, c = 0, h = 0, w = 0;
  std::int64_t elements() const { return std::int64_t{n} * c * h * w; }
};
struct cudnnFilterStruct {
  cudaDataType_t type = CUDA_R_32F;
  int k = 0, c = 0, h = 0, w = 0;
  std::int64_t elements() const { return std::int64_t{k} * c * h * w; }
};
struct cudnnConvolutionStruct {
  int padH = 0, padW = 0, strideH = 1, strideW = 1, dilationH = 1, dilationW = 1, groups = 1;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};
struct cudnnActivationStruct {
  cudnnActivationMode_t mode = CUDNN_ACTIVATION_IDENTITY;
  cudnnNanPropagation_t nan = CUDNN_NOT_PROPAGATE_NAN;
  double ceiling = 0;
};

namespace tandem::stand_in {

inline constexpr std::size_t kWorkspace = 4096;  // what every algorithm here overwrites
inline thread_local std::string lastMessage;

inline cudnnStatus_t refuse(cudnnStatus_t status, const char* why) {
  lastMessage = why;
  return status;
}

inline bool typeOf(cudnnDataType_t type, cudaDataType_t& to) {
  to = type == CUDNN_DATA_HALF ? CUDA_R_16F : type == CUDNN_DATA_BFLOAT16 ? CUDA_R_16BF : CUDA_R_32F;
  return type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16;
}

// A convolution: x (n, h, w, c), filter (k, r, s, c / groups), y (n, p, q, k).
struct Geometry {
  cudnnTensorStruct x, y;
  cudnnFilterStruct w;
  cudnnConvolutionStruct conv;

  // Calls f(index into y, index of c = 0 into x, index of c = 0 into the filter) for every product.
  template <class F>
  void forEach(const F& f) const {
    const int perGroup = w.k / conv.groups;
    for (int n = 0; n < y.n; ++n)
      for (int p = 0; p < y.h; ++p)
        for (int q = 0; q < y.w; ++q)
          for (int k = 0; k < y.c; ++k)
            for (int r = 0; r < w.h; ++r) {
              const int row = p * conv.strideH - conv.padH + r * conv.dilationH;
              if (row < 0 || row >= x.h) continue;
              for (int s = 0; s < w.w; ++s) {
                const int column = q * conv.strideW - conv.padW + s * conv.dilationW;
                if (column < 0 || column >= x.w) continue;
                f(((std::int64_t{n} * y.h + p) * y.w + q) * y.c + k,
                  ((std::int64_t{n} * x.h + row) * x.w + column) * x.c + k / perGroup * w.c,
                  ((std::int64_t{k} * w.h + r) * w.w + s) * w.c);
              }
            }
  }
  bool matches() const {
    return x.c == w.c * conv.groups && y.c == w.k && w.k % conv.groups == 0 && x.n == y.n &&
           x.type == w.type && x.type == y.type;
  }
  bool tensorCores() const { return conv.math != CUDNN_FMA_MATH; }
  bool asTf32() const { return x.type == CUDA_R_32F && tensorCores(); }
};

inline cudnnStatus_t valid(const Geometry& g, const void* workspace, std::size_t bytes) {
  if (!g.matches()) return refuse(CUDNN_STATUS_BAD_PARAM, "the operands do not match");
  if (bytes < kWorkspace || !Machine::instance().owns(workspace))
    return refuse(CUDNN_STATUS_BAD_PARAM, "the workspace is too small");
  return CUDNN_STATUS_SUCCESS;
}

// Enqueues f() after overwriting the workspace.
inline cudnnStatus_t queue(cudnnHandle_t handle, void* workspace, Work f) {
  const cudaError_t error = entry([&](Machine& machine) {
    machine.enqueue(streamOf(handle->stream), [workspace, f = std::move(f)] {
      std::memset(workspace, 0xFF, kWorkspace);
      f();
    });
    return cudaSuccess;
  });
  return error == cudaSuccess ? CUDNN_STATUS_SUCCESS : refuse(CUDNN_STATUS_EXECUTION_FAILED, "CUDA failed");
}

struct Epilogue {
  const void* bias = nullptr;
  bool relu = false;

  float operator()(cudaDataType_t type, float v, int channel) const {
    if (bias) v += load(type, bias, channel);
    return relu && !(v > 0) ? 0.0f : v;
  }
};

inline void forward(const Geometry& g, const void* x, const void* w, void* y, const Epilogue& epilogue) {
  const auto xs = loadAll(g.x.type, x, g.x.elements(), g.asTf32()),
             ws = loadAll(g.w.type, w, g.w.elements(), g.asTf32());
  std::vector<float> sums(static_cast<std::size_t>(g.y.elements()));
  g.forEach([&](std::int64_t at, std::int64_t from, std::int64_t weight) {
    float sum = 0;
    for (int c = 0; c < g.w.c; ++c)
      sum += xs[static_cast<std::size_t>(from + c)] * ws[static_cast<std::size_t>(weight + c)];
    sums[static_cast<std::size_t>(at)] += sum;
  });
  for (std::int64_t i = 0; i < g.y.elements(); ++i)
    store(g.y.type, y, i, epilogue(g.y.type, sums[static_cast<std::size_t>(i)], static_cast<int>(i % g.y.c)));
}

inline void backwardData(const Geometry& g, const void* w, const void* dy, void* dx) {
  const auto dys = loadAll(g.y.type, dy, g.y.elements(), g.asTf32()),
             ws = loadAll(g.w.type, w, g.w.elements(), g.asTf32());
  std::vector<float> sums(static_cast<std::size_t>(g.x.elements()));
  g.forEach([&](std::int64_t at, std::int64_t to, std::int64_t weight) {
    const float factor = dys[static_cast<std::size_t>(at)];
    for (int c = 0; c < g.w.c; ++c)
      sums[static_cast<std::size_t>(to + c)] += factor * ws[static_cast<std::size_t>(weight + c)];
  });
  for (std::int64_t i = 0; i < g.x.elements(); ++i) store(g.x.type, dx, i, sums[static_cast<std::size_t>(i)]);
}

// `scale` is 1, or nearly 1 for a result that varies between runs.
inline void backwardFilter(const Geometry& g, const void* x, const void* dy, void* dw, float scale) {
  const auto dys = loadAll(g.y.type, dy, g.y.elements(), g.asTf32()),
             xs = loadAll(g.x.type, x, g.x.elements(), g.asTf32());
  std::vector<float> sums(static_cast<std::size_t>(g.w.elements()));
  g.forEach([&](std::int64_t at, std::int64_t from, std::int64_t weight) {
    const float factor = dys[static_cast<std::size_t>(at)];
    for (int c = 0; c < g.w.c; ++c)
      sums[static_cast<std::size_t>(weight + c)] += factor * xs[static_cast<std::size_t>(from + c)];
  });
  for (std::int64_t i = 0; i < g.w.elements(); ++i)
    store(g.w.type, dw, i, sums[static_cast<std::size_t>(i)] * scale);
}

}  // namespace tandem::stand_in
