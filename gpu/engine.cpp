#include "gpu/engine.h"

namespace tandem::cuda {

Result<std::unique_ptr<Engine>> Engine::make(int ordinal) {
  auto engine = std::make_unique<Engine>();
  engine->ordinal_ = ordinal;
  TANDEM_CUDA(cudaGetDeviceProperties(&engine->properties_, ordinal));
  TANDEM_TRY(useDevice(ordinal));
  TANDEM_ASSIGN(engine->stream_, makeStream());
  cudnnHandle_t cudnn = nullptr;
  TANDEM_CUDA(cudnnCreate(&cudnn));
  engine->cudnn_ = CudnnHandle(cudnn);
  TANDEM_CUDA(cudnnSetStream(cudnn, engine->stream_.get()));
  cublasLtHandle_t lt = nullptr;
  TANDEM_CUDA(cublasLtCreate(&lt));
  engine->lt_ = LtHandle(lt);
  return engine;
}

}  // namespace tandem::cuda
