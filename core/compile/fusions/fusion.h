// FusionDef: two ops that are computed as one. One file per fusion: fusions/NAME.cpp defines `const FusionDef NAME` in
// namespace tandem::fusions; the build lists the folder. At each node, in program order, every fusion that matches is
// applied; at most one may match at a time, so that their order has no effect.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/compile/passes.h"

namespace tandem {

// The program while fuse() rewrites it. A node that another one has absorbed is dead, but remains in place until the end.
// Readers and producers are those before any fusion.
class Fusing {
 public:
  explicit Fusing(Draft& draft);

  Program& program() { return program_; }
  const Program& program() const { return program_; }
  Node& node(std::size_t index) { return program_.nodes[index]; }
  const Node& node(std::size_t index) const { return program_.nodes[index]; }
  bool dead(std::size_t index) const { return dead_[index]; }

  bool readOnce(ValueId id) const;
  // The only node that reads `id`, if its op is `op` and `id` is its operand 0.
  std::optional<std::size_t> onlyReader(ValueId id, const OpDef& op) const;
  std::optional<std::size_t> producer(ValueId id) const;

  // For the user: `node` has absorbed this.
  void note(const Node& node, std::string_view absorbed);
  void kill(std::size_t index) { dead_[index] = true; }
  void removeDead();

 private:
  Draft& draft_;
  Program& program_;
  std::vector<int> reads_;
  std::vector<bool> dead_;
  std::vector<std::int32_t> producer_, reader_;  // node indices by value
};

struct FusionDef {
  // The other node, if `node` is the first one of the pattern.
  std::optional<std::size_t> (*match)(const Fusing& fusing, std::size_t node) = nullptr;
  // Makes one of them compute the results of both and kills the other.
  void (*rewrite)(Fusing& fusing, std::size_t node, std::size_t other) = nullptr;
};

}  // namespace tandem
