// What both directions ask about a Tandem network.
#pragma once

#include <set>
#include <span>

#include "core/io/keras/keras.h"

namespace tandem::keras {

// Layers that never give a number below zero. Only over such inputs is a maximum that sees zeros as padding
// (Keras' ZeroPadding2D before a pooling) the same as one that leaves the padding out (Tandem's).
std::set<LayerId> nonNegativeLayers(const Network& network);

// Whether there is each weight that the network has, in its shape. The network must be without problems.
Status checkWeights(const Network& network, std::span<const WeightView> weights);

}  // namespace tandem::keras
