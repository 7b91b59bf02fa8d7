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

}  // namespace tandem
