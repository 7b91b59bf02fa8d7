// Networks that together use every layer with every setting that the exporter handles specially.
#pragma once

#include <string>
#include <vector>

#include "core/network/head.h"

namespace tandem::testing {

struct KerasCase {
  std::string name;
  Network network;
  std::vector<Head> heads{1};
};
std::vector<KerasCase> kerasCases();

}  // namespace tandem::testing
