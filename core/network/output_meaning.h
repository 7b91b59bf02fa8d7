// What the values of a network's output mean: which function turns them into the probabilities of classes.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/network/project.h"

namespace tandem {

enum class OutputMeaning : std::uint8_t { Values, Probabilities, SoftmaxLogits, SigmoidLogits };

std::string_view nameOf(OutputMeaning meaning);  // "values", "probabilities", "softmax_logits", ...

// Of a trained network as drawn: cross-entropies are computed from logits unless it ends in their activation.
// The network must be valid.
OutputMeaning outputMeaning(const Project& project);

// "softmax" or "sigmoid" for logits; else empty.
std::string_view activationFor(OutputMeaning meaning);

// Whether the output layer applies this activation: a layer with it, or an activation layer.
bool endsIn(const Network& network, std::string_view activation);

}  // namespace tandem
