// The parts of cuBLASLt that the backend uses: products of column-major matrices in plain loops, with
// epilogues, whose relu turns NaN into 0 like NVIDIA's. Quirks:
//   no_epilogue      no algorithm for a product with an epilogue
#include <cublasLt.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "tests/gpu_stand_in/machine.h"
#include "tests/gpu_stand_in/numbers.h"

using namespace tandem::stand_in;

namespace {

constexpr std::size_t kWorkspace = 4096;
constexpr std::uint64_t kMagic = 0x54414E44454D;

struct Product {
  cublasComputeType_t compute = CUBLAS_COMPUTE_32F;
  cublasOperation_t transA = CUBLAS_OP_N, transB = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const void* bias = nullptr;

  bool hasBias() const {
    return epilogue == CUBLASLT_EPILOGUE_BIAS || epilogue == CUBLASLT_EPILOGUE_RELU_BIAS;
  }
  bool hasRelu() const {
    return epilogue == CUBLASLT_EPILOGUE_RELU || epilogue == CUBLASLT_EPILOGUE_RELU_BIAS;
  }
};
struct Layout {
  cudaDataType_t type = CUDA_R_32F;
  std::int64_t rows = 0, columns = 0, ld = 0;
};
struct Preference {
  std::uint64_t workspace = 0;
  std::uint32_t alignment[4] = {256, 256, 256, 256};  // the library's default
};

template <class T, class Opaque>
T& as(Opaque* opaque) {
  return *reinterpret_cast<T*>(opaque);
}
template <class T, class Opaque>
void make(Opaque** to, T value) {
  *to = reinterpret_cast<Opaque*>(new T(value));
}

template <class T>
cublasStatus_t set(T& to, const void* from, std::size_t bytes) {
  if (bytes != sizeof(T)) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(static_cast<void*>(&to), from, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

bool aligned(const void* p, std::uint64_t bytes) {
  return reinterpret_cast<std::uintptr_t>(p) % bytes == 0;
}

// d (m, n) = epilogue(alpha op(a) op(b))
void multiply(const Product& p, float alpha, const void* a, const Layout& la, const void* b, const Layout& lb,
              void* d, const Layout& ld) {
  const bool asTf32 = la.type == CUDA_R_32F && p.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
  const std::int64_t m = ld.rows, n = ld.columns, k = p.transA == CUBLAS_OP_T ? la.rows : la.columns;
  const auto as = loadAll(la.type, a, la.ld * la.columns, asTf32),
             bs = loadAll(lb.type, b, lb.ld * lb.columns, asTf32);
  // Rows of op(a) and columns of op(b) are contiguous, so the inner loop is a plain dot product.
  std::vector<float> left(static_cast<std::size_t>(m * k)), right(static_cast<std::size_t>(n * k));
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t l = 0; l < k; ++l)
      left[static_cast<std::size_t>(i * k + l)] =
          as[static_cast<std::size_t>(p.transA == CUBLAS_OP_T ? i * la.ld + l : l * la.ld + i)];
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t l = 0; l < k; ++l)
      right[static_cast<std::size_t>(j * k + l)] =
          bs[static_cast<std::size_t>(p.transB == CUBLAS_OP_T ? l * lb.ld + j : j * lb.ld + l)];
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < m; ++i) {
      float sum = 0;
      for (std::int64_t l = 0; l < k; ++l)
        sum += left[static_cast<std::size_t>(i * k + l)] * right[static_cast<std::size_t>(j * k + l)];
      float v = alpha * sum;
      if (p.hasBias()) v += load(ld.type, p.bias, i);
      if (p.hasRelu() && !(v > 0)) v = 0;
      store(ld.type, d, j * ld.ld + i, v);
    }
}

}  // namespace

extern "C" {

size_t cublasLtGetVersion() {
  return CUBLAS_VERSION;
}
const char* cublasLtGetStatusString(cublasStatus_t) {
  return "an error of the stand-in";
}
cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(new int(0));
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<int*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* d, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
  if (scale != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
  make(d, Product{compute});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t d) {
  delete &as<Product>(d);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t d,
                                              cublasLtMatmulDescAttributes_t attribute, const void* from,
                                              size_t bytes) {
  Product& p = as<Product>(d);
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
      return set(p.transA, from, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB:
      return set(p.transB, from, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      return set(p.epilogue, from, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      return set(p.bias, from, bytes);
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type, uint64_t rows,
                                          uint64_t columns, int64_t ld) {
  if (ld < static_cast<std::int64_t>(rows)) return CUBLAS_STATUS_INVALID_VALUE;
  make(layout, Layout{type, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), ld});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete &as<Layout>(layout);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  make(preference, Preference{});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete &as<Preference>(preference);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* from, size_t bytes) {
  Preference& p = as<Preference>(preference);
  switch (attribute) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
      return set(p.workspace, from, bytes);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
      return CUBLAS_STATUS_SUCCESS;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
      return set(p.alignment[0], from, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
      return set(p.alignment[1], from, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
      return set(p.alignment[2], from, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
      return set(p.alignment[3], from, bytes);
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}

// The algorithm stores what it was chosen for, so that cublasLtMatmul can check that it is used for that.
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t d,
                                              cublasLtMatrixLayout_t aDesc, cublasLtMatrixLayout_t bDesc,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t dDesc,
                                              cublasLtMatmulPreference_t preference, int,
                                              cublasLtMatmulHeuristicResult_t* results, int* found) {
  const Product& p = as<Product>(d);
  const Layout &a = as<Layout>(aDesc), &b = as<Layout>(bDesc), &y = as<Layout>(dDesc);
  const Preference& requested = as<Preference>(preference);
  *found = 0;
  const std::int64_t k = p.transA == CUBLAS_OP_T ? a.rows : a.columns;
  const bool fits = k == (p.transB == CUBLAS_OP_T ? b.columns : b.rows) &&
                    y.rows == (p.transA == CUBLAS_OP_T ? a.columns : a.rows) &&
                    y.columns == (p.transB == CUBLAS_OP_T ? b.rows : b.columns);
  if (!fits || a.type != b.type || y.rows <= 0 || y.columns <= 0 || k <= 0)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (p.epilogue != CUBLASLT_EPILOGUE_DEFAULT && quirk("no_epilogue")) return CUBLAS_STATUS_NOT_SUPPORTED;
  cublasLtMatmulHeuristicResult_t& result = results[0] = {};
  result.workspaceSize = std::min<std::size_t>(requested.workspace, kWorkspace);
  result.state = CUBLAS_STATUS_SUCCESS;
  result.algo.data[0] = kMagic;
  result.algo.data[1] = static_cast<std::uint64_t>(p.epilogue);
  result.algo.data[2] = std::min({requested.alignment[0], requested.alignment[1], requested.alignment[3]});
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, const void* alpha, const void* a,
                              cublasLtMatrixLayout_t aDesc, const void* b, cublasLtMatrixLayout_t bDesc,
                              const void* beta, const void*, cublasLtMatrixLayout_t, void* d,
                              cublasLtMatrixLayout_t dDesc, const cublasLtMatmulAlgo_t* algorithm,
                              void* workspace, size_t bytes, cudaStream_t stream) {
  const Product p = as<Product>(desc);
  const bool chosenForIt =
      algorithm->data[0] == kMagic && algorithm->data[1] == static_cast<std::uint64_t>(p.epilogue);
  const std::uint64_t alignment = algorithm->data[2];
  if (!chosenForIt || !aligned(a, alignment) || !aligned(b, alignment) || !aligned(d, alignment) ||
      *static_cast<const float*>(beta) != 0 || (p.hasBias() && (!p.bias || !aligned(p.bias, 16))))
    return CUBLAS_STATUS_INVALID_VALUE;
  const Layout la = as<Layout>(aDesc), lb = as<Layout>(bDesc), ld = as<Layout>(dDesc);
  const cudaError_t error = entry([&](Machine& machine) {
    machine.enqueue(streamOf(stream), [=, scale = *static_cast<const float*>(alpha)] {
      std::memset(workspace, 0xFF, bytes);
      multiply(p, scale, a, la, b, lb, d, ld);
    });
    return cudaSuccess;
  });
  return error == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // extern "C"
