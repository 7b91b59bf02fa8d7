// The networks of the benchmark table (../shared/BENCHMARKS.md), built through the document's own edits.
#pragma once

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

// "tiny", "mlp", "lenet", "vgg", "resnet20", "mobile".
std::vector<std::string> workloadNames();
Workload workload(std::string_view name);

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
