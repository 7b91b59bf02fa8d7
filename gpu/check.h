// Status codes of CUDA, cuDNN and cuBLASLt as Results. The caller that knows the layer adds it as
// Error::where; a sticky CUDA error makes the code DeviceLost (host/failure.h). The returned
// error is cleared from CUDA's "last error"; otherwise the next launch of this thread would report it.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <string_view>

#include "core/base/result.h"

namespace tandem::cuda {

Status check(cudaError_t status, std::string_view what);
Status check(cudnnStatus_t status, std::string_view what);
Status check(cublasStatus_t status, std::string_view what);

}  // namespace tandem::cuda

#define TANDEM_CUDA(call) TANDEM_TRY(::tandem::cuda::check((call), #call))
