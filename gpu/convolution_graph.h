// Convolutions over cuDNN's graph interface: a product, and what follows it in the same kernel. Unlike the interface of
// convolution.h, it knows padding that differs between the sides, states what an engine does to the numbers, and
// answers for a device that is not in this machine.
#pragma once

#include "core/ops/conv2d.h"
#include "gpu/graph.h"
#include "gpu/kernel.h"

namespace tandem::cuda {

// What is computed. Operands are NHWC, filters (O, KH, KW, C / groups); sums are in f32.
struct ConvolutionGraph {
  ops::ConvPass pass = ops::ConvPass::Forward;
  ops::Conv2dGeometry geometry;
  DType operands = DType::F32;      // f32, f16 or bf16; the type of a result, too,
  bool f32Gradient = false;         // but for a filter gradient in f32 of half operands
  bool bias = false, relu = false;  // Forward: follow the product
};

// What a plan may do.
struct GraphRules {
  bool deterministic = false;
  bool tensorCores = false;  // else, f32 products have full precision
  std::size_t workspaceLimit = 0;
};
GraphRules graphRules(const DeviceOptions& options, DType operands, std::size_t workspaceLimit);

// Addresses on the device: x (N, H, W, C), w, bias (O) or nullptr, y (N, OH, OW, O), or their gradients.
struct GraphOperands {
  const void *x = nullptr, *w = nullptr, *bias = nullptr, *y = nullptr;
  void* workspace = nullptr;

  bool operator==(const GraphOperands&) const = default;
};

// The device of a handle, or a described one (graph.h), for which plans are made but cannot run.
struct GraphDevice {
  cudnnHandle_t handle = nullptr;
  cudnnBackendDescriptor_t description = nullptr;
};

class GraphPlan {
 public:
  // The first plan in cuDNN's ranking that keeps the rules, engines that are compiled at run time last. Errors:
  // Unsupported, with cuDNN's reason.
  static Result<GraphPlan> make(const GraphDevice& device, const ConvolutionGraph& graph,
                                const GraphRules& rules);

  std::int64_t engine() const { return engine_; }  // its number in cuDNN, among those for such graphs
  std::size_t workspaceBytes() const { return workspaceBytes_; }
  bool usesTensorCores() const { return tensorCores_; }

  Status run(const GraphOperands& operands);

 private:
  class Search;
  Status pack(const GraphOperands& operands);

  cudnnHandle_t handle_ = nullptr;
  bool hasBias_ = false;
  std::vector<GraphDescriptor> descriptors_;
  cudnnBackendDescriptor_t plan_ = nullptr;
  std::int64_t engine_ = 0;
  std::size_t workspaceBytes_ = 0;
  bool tensorCores_ = false;
  GraphDescriptor pack_;  // of the operands of the last run
  GraphOperands packed_;
};

// A plan with as much of the op as cuDNN computes in one kernel: the bias and the activation of a forward pass, and the
// f32 result of a filter gradient. graph: the product; then also what the plan computes of the rest.
Result<GraphPlan> planConvolution(const GraphDevice& device, ConvolutionGraph& graph,
                                  const GraphRules& rules);

}  // namespace tandem::cuda
