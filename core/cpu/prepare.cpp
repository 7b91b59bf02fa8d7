#include "core/cpu/prepare.h"

#include <algorithm>
#include <thread>

#include "core/cpu/kernel_registry.h"

namespace tandem::cpu {
namespace {

// One way to run an op.
struct Candidate {
  std::string name;
  KernelEntry entry;
  bool emulated = false;
};

std::vector<Candidate> candidates(const OpDef& op) {
  std::vector<Candidate> list;
  for (const NamedKernelList& named : kernelRegistry()) {
    if (named.op != op.name) continue;
    for (const KernelEntry& entry : *named.kernels) list.push_back({std::string(entry.name), entry});
    for (const KernelEntry& entry : *named.kernels)
      list.push_back({"emulated/" + std::string(entry.name), entry, true});
  }
  list.push_back({"reference", {"reference", makeReference}});
  return list;
}

}  // namespace

std::vector<std::string> kernelNames(const OpDef& op) {
  std::vector<std::string> names;
  for (Candidate& candidate : candidates(op)) names.push_back(std::move(candidate.name));
  return names;
}

int teamSize(const DeviceOptions& options) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return options.threads > 0 ? std::min(options.threads, 4 * cores) : cores;
}

Result<Prepared> prepare(const DeviceOptions& options, const OpCall& call, std::string_view only) {
  Prepared prepared;
  const KernelRequest request{call, teamSize(options)};
  const bool half = hasHalf(call);
  for (const Candidate& candidate : candidates(*call.op)) {
    if (!only.empty() && candidate.name != only) continue;
    if (candidate.emulated && !half) {
      if (!only.empty()) return refuse("emulates half precision, which was not requested");
      continue;
    }
    const auto avoided = [&](std::string_view name) {
      return std::ranges::find(options.avoid, name) != options.avoid.end();
    };
    // Without a kernel, its emulation of half precision is avoided, too.
    if (only.empty() && (avoided(candidate.entry.name) || avoided(candidate.name))) {
      prepared.choice.refusals.push_back({candidate.name, "excluded by request"});
      continue;
    }
    auto kernel =
        candidate.emulated ? makeThroughF32(candidate.entry, request) : candidate.entry.make(request);
    if (kernel.ok()) {
      prepared.kernel = std::move(kernel).value();
      prepared.choice.kernel = candidate.name;
      prepared.choice.workspaceBytes = prepared.kernel->workspaceBytes();
      prepared.choice.packedBytes = prepared.kernel->packedBytes();
      return prepared;
    }
    prepared.choice.refusals.push_back({candidate.name, kernel.error().message});
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
