#include <algorithm>

#include "core/compile/passes.h"

namespace tandem {

std::vector<std::int32_t> producers(const Program& program) {
  std::vector<std::int32_t> by(program.values.size(), -1);
  for (std::size_t i = 0; i < program.nodes.size(); ++i)
    for (const ValueId id : program.nodes[i].outputs)
      if (id != kNoValue) by[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(i);
  return by;
}

std::vector<int> readCounts(const Program& program) {
  std::vector<int> counts(program.values.size(), 0);
  for (const Node& node : program.nodes)
    for (const ValueId id : node.inputs)
      if (id != kNoValue) ++counts[static_cast<std::size_t>(id)];
  return counts;
}

void eliminateDeadNodes(Draft& draft) {
  Program& p = draft.program;
  // A node is live if it writes a persistent block or the output, or if a live node reads its results.
  // Views are followed to their storage, since a node may write through one view and be read by another.
  std::vector<bool> needed(p.values.size(), false);
  const auto need = [&](ValueId id) {
    if (id == kNoValue) return;
    needed[static_cast<std::size_t>(id)] = true;
    needed[static_cast<std::size_t>(p.storage(id).first)] = true;
  };
  for (const PlanOutput& output : draft.outputs) need(output.value);
  std::vector<Node> kept;
  for (std::size_t i = p.nodes.size(); i-- > 0;) {
    Node& node = p.nodes[i];
    bool live = false;
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      const ValueId owner = p.storage(id).first;
      live = live || needed[static_cast<std::size_t>(id)] || needed[static_cast<std::size_t>(owner)] ||
             (p.value(owner).role != Role::Temp && p.value(owner).role != Role::Input);
    }
    if (!live) continue;
    for (const ValueId id : node.inputs) need(id);
    kept.push_back(std::move(node));
  }
  std::ranges::reverse(kept);
  p.nodes = std::move(kept);
}

void verify(const Program& program, std::string_view pass) {
  std::vector<bool> available(program.values.size(), false);
  const auto context = [&](const Node& node) {
    return "after pass " + std::string(pass) + ", op " + std::string(node.op->name);
  };
  for (std::size_t id = 0; id < program.values.size(); ++id) {
    const Value& v = program.values[id];
    if (v.base == kNoValue && v.role != Role::Temp) available[id] = true;
    if (v.base != kNoValue)
      TANDEM_CHECK(v.offsetBytes + v.type.bytes() <= program.type(v.base).bytes(),
                   "a view extends past its base after " + std::string(pass));
  }
  // A view of persistent storage can be read at any time; a view of a temporary only after its base is
  // written.
  const auto readable = [&](ValueId id) {
    while (!available[static_cast<std::size_t>(id)] && program.value(id).base != kNoValue)
      id = program.value(id).base;
    return static_cast<bool>(available[static_cast<std::size_t>(id)]);
  };
  std::vector<bool> written(program.values.size(), false);
  for (const Node& node : program.nodes) {
    for (const ValueId id : node.inputs)
      TANDEM_CHECK(id == kNoValue || readable(id), context(node) + " reads a value before it is written");
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      TANDEM_CHECK(!written[static_cast<std::size_t>(id)], context(node) + " writes a value a second time");
      written[static_cast<std::size_t>(id)] = available[static_cast<std::size_t>(id)] = true;
    }
  }
}

}  // namespace tandem
