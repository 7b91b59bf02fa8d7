// Which tensor of the data an input layer reads: the only one there is, else the one of its name, else the only one of its
// shape that no input layer names.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/network/network.h"

namespace tandem {

class InputMatch {
 public:
  struct Tensor {
    std::string name;
    Shape sample;
  };
  // Both must outlive the match.
  InputMatch(const Network& network, const std::vector<Tensor>& tensors);

  // The index of the tensor that a layer for samples of this shape reads.
  std::optional<std::size_t> find(const Layer& input, const Shape& sample) const;

 private:
  const std::vector<Tensor>& tensors_;
  std::vector<std::string> layers_;            // the names of input layers that the tensors have
  std::unordered_set<std::string_view> used_;  // names of input layers
};

}  // namespace tandem
