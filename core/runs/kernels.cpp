#include "core/runs/kernels.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "core/ops/op.h"

namespace tandem {

std::string kernelsOf(const Plan& plan) {
  std::map<std::string, std::set<std::string>> byOp;
  for (const PhasePlan* phase : {&plan.train, &plan.evaluate})
    for (std::size_t n = 0; n < phase->kernels.size(); ++n)
      byOp[std::string(phase->program.nodes[n].op->name)].insert(phase->kernels[n].text());
  std::string text;
  for (const auto& [op, kernels] : byOp)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", op, fmt::join(kernels, " "));
  return text;
}

}  // namespace tandem
