#include "core/train/inference_weights.h"

#include <algorithm>
#include <cmath>

namespace tandem {
namespace {

constexpr double kLargestScale = 1 << 20;  // 1 / sqrt(epsilon) for the smallest epsilon that a layer accepts

// What a batch norm does to each channel: y = scale * x + shift.
struct ChannelScale {
  double scale = 1, shift = 0;
};

Error misfit(const std::string& name) {
  return invalid("the weights do not fit the network", name, "Train or export the model again");
}

// The values of a weight, of which there must be `count`; 0: any number.
Result<std::vector<float>*> valuesOf(NamedWeights& weights, const std::string& name, std::size_t count) {
  const auto found = weights.find(name);
  if (found == weights.end()) return misfit(name);
  std::vector<float>& values = found->second.values;
  if (values.empty() || (count != 0 && values.size() != count)) return misfit(name);
  return &values;
}

Result<std::vector<ChannelScale>> scalesOf(const BatchNormFold& fold, NamedWeights& weights) {
  TANDEM_ASSIGN(const auto* gamma, valuesOf(weights, fold.gamma, 0));
  TANDEM_ASSIGN(const auto* beta, valuesOf(weights, fold.beta, gamma->size()));
  TANDEM_ASSIGN(const auto* mean, valuesOf(weights, fold.mean, gamma->size()));
  TANDEM_ASSIGN(const auto* variance, valuesOf(weights, fold.variance, gamma->size()));
  std::vector<ChannelScale> scales;
  for (std::size_t c = 0; c < gamma->size(); ++c) {
    const double scale = (*gamma)[c] / std::sqrt(double{(*variance)[c]} + fold.epsilon);
    scales.push_back({scale, (*beta)[c] - (*mean)[c] * scale});
  }
  return scales;
}

Status apply(const BatchNormFold& fold, NamedWeights& weights) {
  TANDEM_ASSIGN(const std::vector<ChannelScale> scales, scalesOf(fold, weights));
  const std::size_t channels = scales.size();
  TANDEM_ASSIGN(std::vector<float>* const kernel, valuesOf(weights, fold.kernel, 0));
  TANDEM_ASSIGN(std::vector<float>* const beta, valuesOf(weights, fold.beta, channels));
  if (kernel->size() % channels != 0) return misfit(fold.kernel);
  std::vector<float> factors;
  for (const ChannelScale& channel : scales) factors.push_back(static_cast<float>(channel.scale));
  const std::size_t perChannel = kernel->size() / channels;
  float* values = kernel->data();
  if (fold.channelsLast) {
    for (std::size_t row = 0; row < perChannel; ++row)
      for (std::size_t c = 0; c < channels; ++c) *values++ *= factors[c];
  } else {
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t i = 0; i < perChannel; ++i) *values++ *= factors[c];
  }
  for (std::size_t c = 0; c < channels; ++c) (*beta)[c] = static_cast<float>(scales[c].shift);
  if (fold.bias.empty()) return success();
  TANDEM_ASSIGN(const auto* bias, valuesOf(weights, fold.bias, channels));
  for (std::size_t c = 0; c < channels; ++c)
    (*beta)[c] = static_cast<float>(scales[c].shift + (*bias)[c] * scales[c].scale);
  return success();
}

Status write(Session& session, Role role, const std::vector<ParameterInfo>& infos, NamedWeights& weights) {
  for (const ParameterInfo& info : infos) {
    const auto found = weights.find(info.name);
    if (found == weights.end() || found->second.shape != info.shape ||
        static_cast<std::int64_t>(found->second.values.size()) != info.shape.elements())
      return misfit(info.name);
    TANDEM_TRY(session.write(role, info.offsetBytes, std::as_bytes(std::span(found->second.values))));
    weights.erase(found);  // the session has a copy
  }
  return success();
}

}  // namespace

Result<bool> foldsExactly(const Plan& plan, NamedWeights& weights) {
  for (const BatchNormFold& fold : plan.folds) {
    TANDEM_ASSIGN(const auto scales, scalesOf(fold, weights));
    for (const ChannelScale& channel : scales)
      if (!(std::abs(channel.scale) <= kLargestScale) || !std::isfinite(static_cast<float>(channel.shift)))
        return false;
  }
  return true;
}

Status writeWeights(const Plan& plan, Session& session, NamedWeights weights) {
  for (const BatchNormFold& fold : plan.folds) TANDEM_TRY(apply(fold, weights));
  TANDEM_TRY(write(session, Role::Parameter, plan.parameters(), weights));
  return write(session, Role::State, plan.states(), weights);
}

}  // namespace tandem
