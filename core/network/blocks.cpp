#include "core/network/blocks.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace tandem {
namespace {

constexpr std::string_view kEncoder = "transformer_encoder", kDecoder = "transformer_decoder";

constexpr std::array<BlockDef, 2> kBlocks{
    {{kEncoder, "Transformer encoder",
      "Attention of a sequence to itself, then two dense layers on each step; each part is normalized before and added to "
      "its input, with dropout. Repeat the group for a deeper network, and normalize after the last one."},
     {kDecoder, "Transformer decoder",
      "As the encoder, but a step attends to earlier steps only, and then to another sequence: connect this one, such as the "
      "output of an encoder, to the value of the layer cross_attention."}}};

constexpr std::int64_t kWidening = 4;  // of the inner dense layer (Vaswani et al. 2017)
constexpr double kDropout = 0.1;

// Layers of one block: normalized before each part, not after it (Xiong et al. 2020), which trains without warmup.
class Builder {
 public:
  Builder(Network& network, std::int64_t features) : network_(network), features_(features) {}

  Result<LayerId> add(std::string_view type, std::initializer_list<Source> inputs, Attrs properties = {},
                      std::string name = {}) {
    if (network_.findByName(name) != nullptr) name.clear();
    TANDEM_ASSIGN(const LayerId id, network_.add(type, std::move(name), std::move(properties)));
    for (const Source& input : inputs) TANDEM_TRY(network_.connect(input, id));
    layers_.push_back(id);
    return id;
  }

  // from + dropout(attention(normalized from))
  Result<LayerId> attention(Source from, bool causal, std::string name = {}) {
    std::int64_t heads = 4;
    while (features_ % heads != 0) heads /= 2;
    Attrs properties{{"heads", heads}, {"causal", std::int64_t{causal}}};
    TANDEM_ASSIGN(const LayerId normalized, add("layer_norm", {from}));
    TANDEM_ASSIGN(const LayerId seen, add("attention", {normalized}, std::move(properties), std::move(name)));
    return added(from, seen);
  }

  // from + dropout(dense(dense(normalized from)))
  Result<LayerId> feedForward(Source from) {
    TANDEM_ASSIGN(const LayerId normalized, add("layer_norm", {from}));
    TANDEM_ASSIGN(
        const LayerId wide,
        add("dense", {normalized}, {{"units", kWidening * features_}, {"activation", std::string("gelu")}}));
    TANDEM_ASSIGN(const LayerId narrow, add("dense", {wide}, {{"units", features_}}));
    return added(from, narrow);
  }

  const std::vector<LayerId>& layers() const { return layers_; }

 private:
  Result<LayerId> added(Source from, LayerId part) {
    TANDEM_ASSIGN(const LayerId kept, add("dropout", {part}, {{"rate", kDropout}}));
    return add("add", {from, kept});
  }

  Network& network_;
  std::int64_t features_;
  std::vector<LayerId> layers_;
};

// The label, or with a number if a group has this name.
std::string freeName(const Network& network, std::string_view label) {
  std::string name(label);
  const auto taken = [&] {
    return std::ranges::find(network.groups(), name, &Group::name) != network.groups().end();
  };
  for (int number = 2; taken(); ++number) name = std::string(label) + " " + std::to_string(number);
  return name;
}

}  // namespace

std::span<const BlockDef> allBlocks() {
  return kBlocks;
}

const BlockDef* findBlock(std::string_view type) {
  const auto found = std::ranges::find(kBlocks, type, &BlockDef::type);
  return found == kBlocks.end() ? nullptr : &*found;
}

Result<AddedBlock> addBlock(Network& network, std::string_view type, Source from, std::int64_t features,
                            GroupId home) {
  const BlockDef* const def = findBlock(type);
  TANDEM_CHECK(def != nullptr && features > 0, type);
  Builder builder(network, features);
  AddedBlock block;
  TANDEM_ASSIGN(block.exit, builder.attention(from, type == kDecoder));
  if (type == kDecoder) {
    TANDEM_ASSIGN(block.exit, builder.attention(block.exit, false, "cross_attention"));
  }
  TANDEM_ASSIGN(block.exit, builder.feedForward(block.exit));
  if (home != 0)
    for (const LayerId layer : builder.layers()) TANDEM_TRY(network.join(layer, home));
  TANDEM_ASSIGN(block.group, network.group(builder.layers(), freeName(network, def->label)));
  TANDEM_TRY(network.setFolded(block.group, true));
  return block;
}

}  // namespace tandem
