// Repetition: a group with repeat N is expanded to N consecutive copies, each with separate weights,
// before the network is analyzed, lowered or exported. The training code knows nothing of groups.
//
// Copy k reads the output of copy k - 1 where the drawn block reads the preceding layer; readers of the
// block read its last copy. Hence the block must read only one output of an outside layer, and only one output of a
// member may be read from outside (or be the network's output).
//
// A repeated group in a repeated group is repeated in each repetition of the outer one. The copies of a layer
// are numbered in the order in which they are executed, over all groups.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/network/network.h"

namespace tandem {

// The origin of a layer of the expanded network.
struct Origin {
  LayerId layer = 0;   // in the drawn network
  int repetition = 1;  // from 1 to Network::occurrences()
};

struct ExpandedNetwork {
  Network network;  // copies of "conv" are "conv.2", "conv.3"; they follow the group's last layer
  std::map<LayerId, Origin> copies;  // origins of the added layers

  Origin origin(LayerId id) const;
};

// In which repetition of the repeated groups around the drawn layer an expanded layer is, innermost group first.
struct Repetition {
  const Group* group = nullptr;
  int number = 1;  // from 1
};
std::vector<Repetition> repetitionsOf(const Network& drawn, Origin origin);

// Why a group cannot be repeated, reported at one of its layers.
struct RepeatProblem {
  GroupId group = 0;
  LayerId layer = 0;
  Error error;
};
std::vector<RepeatProblem> checkRepeats(const Network& network);  // inner groups first

// Expands all repeated groups, after which no groups remain; or only one, with the groups in it, which is dissolved.
// Errors: the first of checkRepeats(); more than kMaxLayers layers.
Result<ExpandedNetwork> expandRepeats(const Network& network, std::optional<GroupId> only = std::nullopt);

// The drawn layer behind a layer name in the trained network ("conv.2").
std::optional<LayerId> drawnLayer(const Network& network, std::string_view name);

// Entries: layers of a group that read from outside or read nothing yet. Exits: outputs of its layers that are read from
// outside, or of layers that none reads. A connection to or from the whole group uses them if there is exactly one of each.
struct Border {
  std::vector<LayerId> entries;
  std::vector<Source> exits;
};
Border borderOf(const Network& network, const Group& group);

}  // namespace tandem
