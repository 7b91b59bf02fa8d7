#include "gpu/check.h"

#include "gpu/host/failure.h"

namespace tandem::cuda {
namespace {

// "cudaMalloc(&p, n)" -> "cudaMalloc": error messages need only the function.
std::string_view callee(std::string_view what) {
  const auto end = what.find('(');
  return end == std::string_view::npos ? what : what.substr(0, end);
}

// With the hint of a failed cudaMalloc.
Error libraryOutOfMemory(std::string_view what, std::string_view message) {
  FailureKind kind = classifyCuda(cudaErrorMemoryAllocation);
  return {kind.code, std::string(callee(what)) + ": " + std::string(message), {}, std::move(kind.hint)};
}

// A failure reported by a library may originate in CUDA: after a fault nothing on the device works. Any
// driver call reveals it, whereas libraries have a separate runtime with a separate "last error".
Error libraryError(std::string_view what, std::string_view message) {
  std::size_t free = 0, total = 0;
  const cudaError_t now = cudaMemGetInfo(&free, &total);
  static_cast<void>(cudaGetLastError());
  if (classifyCuda(static_cast<int>(now)).sticky)
    return cudaError(static_cast<int>(now), callee(what), cudaGetErrorName(now), cudaGetErrorString(now));
  return Error{ErrorCode::Unsupported, std::string(callee(what)) + ": " + std::string(message), {}, {}};
}

}  // namespace

Status check(cudaError_t status, std::string_view what) {
  if (status == cudaSuccess) return success();
  static_cast<void>(cudaGetLastError());
  return cudaError(static_cast<int>(status), callee(what), cudaGetErrorName(status),
                   cudaGetErrorString(status));
}

Status check(cudnnStatus_t status, std::string_view what) {
  if (status == CUDNN_STATUS_SUCCESS) return success();
  char details[512] = {};
  cudnnGetLastErrorString(details, sizeof(details));
  std::string message = cudnnGetErrorString(status);
  if (details[0]) message += std::string(": ") + details;
  if (status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ||
      status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED)
    return libraryOutOfMemory(what, message);
  return libraryError(what, message);
}

Status check(cublasStatus_t status, std::string_view what) {
  if (status == CUBLAS_STATUS_SUCCESS) return success();
  if (status == CUBLAS_STATUS_ALLOC_FAILED) return libraryOutOfMemory(what, cublasLtGetStatusString(status));
  return libraryError(what, cublasLtGetStatusString(status));
}

}  // namespace tandem::cuda
