#include "core/ops/loss_kind.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::ops {

Result<LossKind> LossKind::from(const Attrs& attrs, std::span<const LossInfo* const> infos) {
  const std::string name = attrs.text("kind", "");
  LossKind k;
  while (k.kind < infos.size() && infos[k.kind]->type != name) ++k.kind;
  if (k.kind == infos.size()) return invalid("unknown loss '" + name + "'");
  for (std::size_t i = 0; i < kLossParameters; ++i) {
    const LossParameter& parameter = infos[k.kind]->parameters[i];
    if (parameter.key.empty()) continue;
    k.parameters[i] = attrs.number(parameter.key, parameter.fallback);
    if (!(k.parameters[i] >= parameter.minimum && k.parameters[i] <= parameter.maximum))
      return invalid(fmt::format("{} of the {} loss must be from {} to {}", parameter.key, name,
                                 parameter.minimum, parameter.maximum));
  }
  return k;
}

LossValues LossKind::values() const {
  LossValues values;
  for (std::size_t i = 0; i < kLossParameters; ++i) values.p[i] = static_cast<float>(parameters[i]);
  return values;
}

Attrs sampleAttrs(const LossInfo& info) {
  Attrs attrs{{"kind", std::string(info.type)}};
  for (const LossParameter& parameter : info.parameters)
    if (!parameter.key.empty())  // 0.7: not the default of any
      attrs.set(parameter.key, std::clamp(0.7, parameter.minimum, parameter.maximum));
  return attrs;
}

}  // namespace tandem::ops
