#include "core/network/input_match.h"

#include <algorithm>

#include "core/network/layer_name.h"

namespace tandem {

InputMatch::InputMatch(const Network& network, const std::vector<Tensor>& tensors) : tensors_(tensors) {
  for (const Tensor& tensor : tensors) layers_.push_back(asLayerName(tensor.name));
  for (const Layer& layer : network.layers())
    if (layer.type == "input") used_.insert(layer.name);
}

std::optional<std::size_t> InputMatch::find(const Layer& input, const Shape& sample) const {
  if (tensors_.size() == 1) return 0;
  const auto named = std::ranges::find(layers_, input.name);
  if (named != layers_.end()) return static_cast<std::size_t>(named - layers_.begin());
  std::optional<std::size_t> alike;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (tensors_[i].sample != sample || used_.contains(layers_[i])) continue;
    if (alike) return std::nullopt;
    alike = i;
  }
  return alike;
}

}  // namespace tandem
