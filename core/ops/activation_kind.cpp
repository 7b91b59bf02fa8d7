#include "core/ops/activation_kind.h"

#include <array>
#include <utility>

namespace tandem {
namespace {

constexpr std::array<std::pair<ActivationKind, std::string_view>, kActivationKinds> kNames{{
    {ActivationKind::None, "none"},
    {ActivationKind::Relu, "relu"},
    {ActivationKind::LeakyRelu, "leaky_relu"},
    {ActivationKind::Elu, "elu"},
    {ActivationKind::Gelu, "gelu"},
    {ActivationKind::Silu, "silu"},
    {ActivationKind::Sigmoid, "sigmoid"},
    {ActivationKind::Tanh, "tanh"},
    {ActivationKind::Softplus, "softplus"},
    {ActivationKind::Relu6, "relu6"},
    {ActivationKind::HardSigmoid, "hard_sigmoid"},
    {ActivationKind::HardSwish, "hard_swish"},
    {ActivationKind::Mish, "mish"},
}};

}  // namespace

std::string_view nameOf(ActivationKind kind) {
  return kNames[static_cast<std::size_t>(kind)].second;
}

std::optional<ActivationKind> activationFromName(std::string_view name) {
  for (const auto& [kind, text] : kNames)
    if (text == name) return kind;
  return std::nullopt;
}

}  // namespace tandem
