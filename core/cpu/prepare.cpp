#include "core/cpu/prepare.h"

#include <algorithm>
#include <thread>

#include "core/cpu/kernel_registry.h"

namespace tandem::cpu {

KernelList kernelList(const OpDef& op) {
  KernelList list;
  for (const NamedKernelList& entry : kernelRegistry())
    if (entry.op == op.name) list = *entry.kernels;
  list.push_back({"reference", makeReference});
  return list;
}

int teamSize(const DeviceOptions& options) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return options.threads > 0 ? std::min(options.threads, 4 * cores) : cores;
}

Result<Prepared> prepare(const DeviceOptions& options, const OpCall& call, std::string_view only) {
  if (options.precision == Precision::Bf16 || options.precision == Precision::Fp16)
    return Error{ErrorCode::Unsupported,
                 "the CPU computes in fp32, not in " + std::string(nameOf(options.precision)), "precision",
                 "Choose the precision fp32"};
  Prepared prepared;
  const KernelRequest request{call, teamSize(options)};
  for (const KernelEntry& entry : kernelList(*call.op)) {
    if (!only.empty() && entry.name != only) continue;
    if (only.empty() && std::ranges::find(options.avoid, entry.name) != options.avoid.end()) {
      prepared.choice.refusals.push_back({std::string(entry.name), "left out by request"});
      continue;
    }
    auto kernel = entry.make(request);
    if (kernel.ok()) {
      prepared.kernel = std::move(kernel).value();
      prepared.choice.kernel = entry.name;
      prepared.choice.workspaceBytes = prepared.kernel->workspaceBytes();
      return prepared;
    }
    prepared.choice.refusals.push_back({std::string(entry.name), kernel.error().message});
  }
  std::string reasons;
  for (const Refusal& refusal : prepared.choice.refusals)
    reasons += (reasons.empty() ? "" : "; ") + refusal.kernel + ": " + refusal.reason;
  return Error{ErrorCode::Unsupported,
               "the CPU has no kernel for " + std::string(call.op->name) +
                   (reasons.empty() ? "" : " (" + reasons + ")"),
               {},
               {}};
}

}  // namespace tandem::cpu
