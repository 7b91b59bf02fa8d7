// The memory plan: temporaries and kernel workspaces share one arena. Each has a lifetime, from the node
// that first writes it to the last that reads it; two with overlapping lifetimes never share a byte.
//
// Greedy by size: the largest first, each at the lowest offset free during its lifetime (Pisarchyk & Lee,
// "Efficient memory management for deep neural net inference", 2020).
#include <algorithm>

#include "core/compile/passes.h"

namespace tandem {
namespace {

struct Lifetime {
  std::size_t bytes = 0;
  std::int32_t first = -1, last = -1;  // nodes
  std::size_t* offset = nullptr;
};

std::size_t roundUp(std::size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

std::vector<Lifetime> lifetimesOf(PhasePlan& phase) {
  const Program& p = phase.program;
  const auto nodes = static_cast<std::int32_t>(p.nodes.size());
  std::vector<Lifetime> lives(p.values.size());
  const auto touch = [&](ValueId id, std::int32_t node) {
    if (id == kNoValue) return;
    const ValueId owner = p.storage(id).first;
    if (p.value(owner).role != Role::Temp) return;
    Lifetime& life = lives[static_cast<std::size_t>(owner)];
    if (life.first < 0) life.first = node;
    life.last = node;
  };
  for (std::int32_t i = 0; i < nodes; ++i) {
    for (const ValueId id : p.nodes[static_cast<std::size_t>(i)].inputs) touch(id, i);
    for (const ValueId id : p.nodes[static_cast<std::size_t>(i)].outputs) touch(id, i);
  }
  for (const PlanOutput& output : phase.outputs) touch(output.value, nodes);  // read after the run
  std::vector<Lifetime> used;
  for (std::size_t id = 0; id < lives.size(); ++id) {
    if (lives[id].first < 0) continue;
    lives[id].bytes = roundUp(p.values[id].type.bytes());
    lives[id].offset = &phase.arenaOffset[id];
    used.push_back(lives[id]);
  }
  for (std::int32_t i = 0; i < nodes; ++i) {
    const std::size_t bytes = phase.kernels[static_cast<std::size_t>(i)].workspaceBytes;
    if (bytes > 0)
      used.push_back({roundUp(bytes), i, i, &phase.workspaceOffset[static_cast<std::size_t>(i)]});
  }
  return used;
}

// The lowest offset at which `life` overlaps none of the placed values that are live at the same time.
std::size_t lowestFree(const Lifetime& life, const std::vector<Lifetime>& placed) {
  std::vector<std::pair<std::size_t, std::size_t>> taken;  // [from, to)
  for (const Lifetime& other : placed)
    if (other.first <= life.last && life.first <= other.last)
      taken.emplace_back(*other.offset, *other.offset + other.bytes);
  std::ranges::sort(taken);
  std::size_t offset = 0;
  for (const auto& [from, to] : taken) {
    if (offset + life.bytes <= from) break;
    offset = std::max(offset, to);
  }
  return offset;
}

}  // namespace

Status planMemory(PhasePlan& phase, bool reuse, const Cancelled& cancelled) {
  phase.arenaOffset.assign(phase.program.values.size(), kNotInArena);
  phase.workspaceOffset.assign(phase.program.nodes.size(), 0);
  std::vector<Lifetime> lives = lifetimesOf(phase);
  std::ranges::stable_sort(lives, std::ranges::greater{}, &Lifetime::bytes);
  std::vector<Lifetime> placed;
  for (const Lifetime& life : lives) {
    TANDEM_TRY(checkCancelled(cancelled));  // seconds for thousands of layers
    *life.offset = reuse ? lowestFree(life, placed) : phase.arenaBytes;
    phase.arenaBytes = std::max(phase.arenaBytes, *life.offset + life.bytes);
    placed.push_back(life);
  }
  return success();
}

}  // namespace tandem
