#include <algorithm>

#include "core/compile/fusions/fusion.h"
#include "core/ops/activation.h"
#include "core/ops/add.h"
#include "core/ops/batch_norm.h"
#include "core/ops/batch_norm_inference.h"

namespace tandem::fusions {

extern const FusionDef shortcut;

namespace {

// The batch norm whose direct result `id` is, if that is read once.
std::optional<std::size_t> plainBatchNorm(const Fusing& fusing, ValueId id) {
  const auto producer = fusing.producer(id);
  if (!producer || !fusing.readOnce(id)) return std::nullopt;
  const Node& node = fusing.node(*producer);
  const bool norm = node.op == &ops::batch_norm || node.op == &ops::batch_norm_inference;
  if (!norm || node.outputs[0] != id || node.attrs.has("activation")) return std::nullopt;
  return producer;
}

// Of two batch norms, the later one, which has the other as its addend. Without a relu the add remains, because fusing
// it would save no backward pass.
std::optional<std::size_t> match(const Fusing& fusing, std::size_t at) {
  const Node& add = fusing.node(at);
  if (add.op != &ops::add || add.part != Part::Forward) return std::nullopt;
  const auto reader = fusing.onlyReader(add.outputs[0], ops::activation);
  if (!reader || fusing.node(*reader).attrs.text("kind", "none") != "relu") return std::nullopt;
  std::optional<std::size_t> latest;
  for (const ValueId id : add.inputs)
    if (const auto norm = plainBatchNorm(fusing, id)) latest = std::max(latest.value_or(0), *norm);
  return latest;
}

// The batch norm moves to the position of the add, where its addend is certain to exist. It absorbs the relu next.
void rewrite(Fusing& fusing, std::size_t at, std::size_t other) {
  const Node& add = fusing.node(at);
  Node norm = fusing.node(other);
  const bool first = add.inputs[0] == norm.outputs[0];
  norm.inputs.push_back(add.inputs[first ? 1 : 0]);
  norm.outputs[0] = add.outputs[0];
  fusing.note(norm, "add");
  fusing.node(at) = std::move(norm);
  fusing.kill(other);
}

}  // namespace

// The end of a residual block, relu(batch norm + shortcut).
const FusionDef shortcut = {.match = match, .rewrite = rewrite};

}  // namespace tandem::fusions
