#include "gpu/check.h"

#include "gpu/host/failure.h"

namespace tandem::cuda {
namespace {

// "cudaMalloc(&p, n)" -> "cudaMalloc": people need the function, not its arguments.
std::string_view callee(std::string_view what) {
  const auto end = what.find('(');
  return end == std::string_view::npos ? what : what.substr(0, end);
}

}  // namespace

Status check(cudaError_t status, std::string_view what) {
  if (status == cudaSuccess) return success();
  return cudaError(static_cast<int>(status), callee(what), cudaGetErrorName(status),
                   cudaGetErrorString(status));
}

Status check(cudnnStatus_t status, std::string_view what) {
  if (status == CUDNN_STATUS_SUCCESS) return success();
  char details[512] = {};
  cudnnGetLastErrorString(details, sizeof(details));
  Error error{ErrorCode::Unsupported, std::string(callee(what)) + ": " + cudnnGetErrorString(status), {}, {}};
  if (details[0]) error.message += std::string(": ") + details;
  return error;
}

Status check(cublasStatus_t status, std::string_view what) {
  if (status == CUBLAS_STATUS_SUCCESS) return success();
  return Error{
      ErrorCode::Unsupported, std::string(callee(what)) + ": " + cublasLtGetStatusString(status), {}, {}};
}

}  // namespace tandem::cuda
