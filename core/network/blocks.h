// Blocks: groups of layers that the palette offers beside single layers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/network/network.h"

namespace tandem {

struct BlockDef {
  std::string_view type;  // "transformer_encoder"; differs from every type of layer
  std::string_view label;
  std::string_view summary;
};

std::span<const BlockDef> allBlocks();
const BlockDef* findBlock(std::string_view type);  // nullptr: unknown

struct AddedBlock {
  GroupId group = 0;
  LayerId exit = 0;
};

// Adds the layers of a block, which read a sequence (steps, features), as a folded group; `home`: the group that they lie in,
// 0 for none. Only on success is the network valid.
Result<AddedBlock> addBlock(Network& network, std::string_view type, Source from, std::int64_t features,
                            GroupId home = 0);

}  // namespace tandem
