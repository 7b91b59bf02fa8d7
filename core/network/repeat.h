// Repetition: a group with repeat N is written out as N copies in a row, each with weights of its own,
// before anything is analysed, lowered or exported. What trains never hears of groups.
//
// Copy k reads the output of copy k - 1 where the drawn block reads the layer before it; who reads the
// block reads its last copy. So all reads from outside must come from one layer, and one member only may
// be read from outside (or be the network's output).
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/network/network.h"

namespace tandem {

// Where a layer of the written-out network comes from.
struct Origin {
  LayerId layer = 0;   // of the drawn network
  int repetition = 1;  // from 1
};

struct WrittenOut {
  Network network;  // copies of "conv" are "conv.2", "conv.3"; they stand behind their group's last layer
  std::map<LayerId, Origin> copies;  // of the layers that are new

  Origin origin(LayerId id) const;
};

// A group that cannot be repeated, said of one of its layers.
struct RepeatProblem {
  GroupId group = 0;
  LayerId layer = 0;
  Error error;
};
std::vector<RepeatProblem> checkRepeats(const Network& network);

// Of all groups, or of `only` one. The written-out groups are gone, the others stay. Errors: the first of
// checkRepeats(); more than kMaxLayers layers.
Result<WrittenOut> writeOut(const Network& network, std::optional<GroupId> only = std::nullopt);

// The drawn layer that a name in the trained network ("conv.2") comes from.
std::optional<LayerId> drawnLayer(const Network& network, std::string_view name);

// The layers of a group that read from outside or read nothing yet, and those that are read from outside or
// by nobody: where a connection to or from the group as a whole would go, if there is one of each.
struct Border {
  std::vector<LayerId> entries, exits;
};
Border borderOf(const Network& network, const Group& group);

}  // namespace tandem
