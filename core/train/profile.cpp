#include "core/train/profile.h"

namespace tandem {

ProfileRecord aggregateProfile(const Program& program, std::span<const NodeTime> times,
                               const MemoryUse& memory, std::int64_t step) {
  ProfileRecord record;
  record.step = step;
  record.memory = memory;
  std::vector<int> entryOfLayer(program.layers.size(), -1);
  for (const NodeTime& time : times) {
    if (time.node == kTransfer) {
      record.transfer += time.seconds;
      continue;
    }
    TANDEM_CHECK(time.node >= 0 && static_cast<std::size_t>(time.node) < program.nodes.size(),
                 "a timed node");
    const Node& node = program.nodes[static_cast<std::size_t>(time.node)];
    if (node.part == Part::Forward) record.forward += time.seconds;
    if (node.part == Part::Backward) record.backward += time.seconds;
    if (node.part == Part::Update) record.update += time.seconds;
    if (node.layer < 0 || node.part == Part::Update) continue;
    int& entry = entryOfLayer[static_cast<std::size_t>(node.layer)];
    if (entry < 0) {
      entry = static_cast<int>(record.layers.size());
      record.layers.push_back({program.layers[static_cast<std::size_t>(node.layer)], 0, 0});
    }
    ProfileRecord::LayerTime& layer = record.layers[static_cast<std::size_t>(entry)];
    (node.part == Part::Forward ? layer.forward : layer.backward) += time.seconds;
  }
  return record;
}

}  // namespace tandem
