#include "gpu/prepare.h"

#include <algorithm>

namespace tandem::cuda {

const KernelList* kernelList(const OpDef& op) {
  for (const NamedKernelList& list : kernelRegistry())
    if (list.op == op.name) return list.kernels;
  return nullptr;
}

Result<Prepared> prepare(Engine& engine, const DeviceOptions& options, const OpCall& call,
                         std::string_view only) {
  const std::string op(call.op->name);
  if (options.precision == Precision::Bf16 && engine.properties().major < 8)
    return Error{ErrorCode::Unsupported, "this GPU does not support bf16", op, "Choose fp16 or fp32"};
  const KernelList* list = kernelList(*call.op);
  if (!list)
    return Error{ErrorCode::Unsupported, "there is no GPU kernel for '" + op + "'", op, "Train on the CPU"};
  const KernelRequest request{call, options, engine};
  Prepared prepared;
  for (const KernelEntry& entry : *list) {
    if (!only.empty() && entry.name != only) continue;
    if (only.empty() && std::ranges::find(options.avoid, entry.name) != options.avoid.end()) {
      prepared.choice.refusals.push_back({std::string(entry.name), "not selected"});
      continue;
    }
    auto kernel = entry.make(request);
    if (!kernel.ok()) {
      const ErrorCode code = kernel.error().code;
      if (!only.empty() || code == ErrorCode::DeviceLost || code == ErrorCode::OutOfMemory)
        return std::move(kernel).error();
      prepared.choice.refusals.push_back({std::string(entry.name), kernel.error().message});
      continue;
    }
    prepared.kernel = std::move(*kernel);
    prepared.choice.kernel = entry.name;
    prepared.choice.workspaceBytes = prepared.kernel->workspaceBytes();
    prepared.choice.detail = prepared.kernel->detail();
    return prepared;
  }
  std::string why;
  for (const Refusal& refusal : prepared.choice.refusals)
    why += (why.empty() ? "" : "; ") + refusal.kernel + ": " + refusal.reason;
  if (!only.empty()) why = "there is no kernel '" + std::string(only) + "'";
  return Error{
      ErrorCode::Unsupported, "no GPU kernel accepts '" + op + "' with these operands (" + why + ")", op, {}};
}

}  // namespace tandem::cuda
