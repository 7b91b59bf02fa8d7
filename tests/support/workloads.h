// The networks of the benchmark table, built with the editing functions of Network.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/compile/compile.h"

namespace tandem::testing {

struct Workload {
  std::string name;
  Network network;
  DatasetInfo data;
  std::vector<std::int64_t> batches;
};

// Those measured on every device, then those too large for a CPU: "tiny", "mlp", "lenet", "vgg",
// "resnet20", "mobile", "lstm", "gru", "transformer"; "resnet50", "wide".
std::vector<std::string> workloadNames();
Workload workload(std::string_view name);

// A residual network of bottlenecks (He et al. 2015), variant "v1.5": if a stage halves the image, the 3x3
// convolution has the stride, not the preceding 1x1. It has a 7x7 stem with `width` filters and 3x3 max
// pooling, both with stride 2; stages of blocks[i] bottlenecks with an inner width of 2^i `width` and four
// times that at their ends, the first of each with a 1x1 projection shortcut; global average pooling, dense.
// Each convolution has no bias and is followed by batch norm; pads are symmetric, as in PyTorch. ResNet-50 is
// {3, 4, 6, 3} with width 64.
Network bottleneckNetwork(Shape sample, std::span<const int> blocks, std::int64_t width,
                          std::int64_t classes);

// Adds layers one after another; add() returns the id for branches.
class NetworkBuilder {
 public:
  explicit NetworkBuilder(Shape sample);
  LayerId add(std::string_view type, Attrs properties = {}, std::string name = {});
  LayerId addTo(LayerId input, std::string_view type, Attrs properties = {}, std::string name = {});
  LayerId join(std::string_view type, LayerId a, LayerId b);
  LayerId conv(std::int64_t filters, std::int64_t kernel, std::int64_t stride = 1, bool bias = true,
               std::string_view activation = "none", std::int64_t groups = 1);
  LayerId last() const { return last_; }
  Network take() { return std::move(network_); }

 private:
  Network network_;
  LayerId last_ = 0;
};

}  // namespace tandem::testing
