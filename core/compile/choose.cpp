#include "core/compile/compile.h"
#include "core/compile/passes.h"

namespace tandem {

Result<std::vector<KernelChoice>> chooseKernels(const Program& program, const DeviceOptions& options,
                                                Backend& backend) {
  std::vector<KernelChoice> choices;
  for (const Node& node : program.nodes) {
    if (node.op->view) {
      choices.push_back({"view", 0, {}});
      continue;
    }
    auto choice = backend.choose(options, callOf(program, node));
    if (!choice.ok()) {
      Error error = std::move(choice).error();
      if (error.where.empty() && node.layer >= 0)
        error.where = program.layers[static_cast<std::size_t>(node.layer)];
      return error;
    }
    choices.push_back(std::move(choice).value());
  }
  return choices;
}

std::vector<KernelUse> kernelsOf(const PhasePlan& phase, Precision precision) {
  std::vector<KernelUse> list;
  const Program& program = phase.program;
  for (std::size_t i = 0; i < program.nodes.size(); ++i) {
    const Node& node = program.nodes[i];
    list.push_back({node.layer < 0 ? std::string() : program.layers[static_cast<std::size_t>(node.layer)],
                    std::string(node.op->name), phase.kernels[i], precisionOf(program, node, precision)});
  }
  return list;
}

}  // namespace tandem
