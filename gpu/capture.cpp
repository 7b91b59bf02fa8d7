#include "gpu/capture.h"

namespace tandem::cuda {

Result<GraphExec> captureGraph(cudaStream_t stream, const std::function<Status()>& enqueue) {
  // Relaxed, because other threads (the window, another run) may call CUDA meanwhile.
  TANDEM_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  Status ran = enqueue();
  cudaGraph_t graph = nullptr;
  Status ended = check(cudaStreamEndCapture(stream, &graph), "capturing");
  const Graph owner(graph);
  // What failed first is the cause, unless the device has failed meanwhile.
  if (!ran.ok() && (ended.ok() || ended.error().code != ErrorCode::DeviceLost)) return std::move(ran).error();
  TANDEM_TRY(std::move(ended));
  cudaGraphExec_t exec = nullptr;
  TANDEM_CUDA(cudaGraphInstantiate(&exec, graph, 0));
  return GraphExec(exec);
}

}  // namespace tandem::cuda
