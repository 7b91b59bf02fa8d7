// Network properties needed by both import and export.
#pragma once

#include <set>
#include <span>

#include "core/io/keras/keras.h"
#include "core/network/analysis.h"

namespace tandem::keras {

// Layers whose outputs are never negative. Only for such inputs does a maximum that includes zero padding
// (Keras' ZeroPadding2D before a pooling) equal one that ignores the padding (Tandem's).
std::set<LayerId> nonNegativeLayers(const Network& network);

// Checks that Keras takes the ends of samples into account wherever Tandem does: its layers pass masks on, but some
// ignore them.
Status checkLengths(const Network& network, const Analysis& analysis);

// Checks that all weights of the network exist with the right shapes. The network must be valid.
Status checkWeights(const Network& network, std::span<const WeightView> weights);

}  // namespace tandem::keras
