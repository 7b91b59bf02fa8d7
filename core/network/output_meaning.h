// What the values of a network's output mean: which function turns them into the probabilities of classes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/preprocessing.h"
#include "core/network/project.h"

namespace tandem {

enum class OutputMeaning : std::uint8_t { Values, Probabilities, SoftmaxLogits, SigmoidLogits };

std::string_view nameOf(OutputMeaning meaning);  // "values", "probabilities", "softmax_logits", ...

// Of the output of a head of a trained network as drawn: cross-entropies are computed from logits unless it ends in
// their activation. The network and the head must be valid.
OutputMeaning outputMeaning(const Head& head, const Network& network);

// An output of a trained network.
struct ModelOutput {
  std::string layer;  // Network::nameOf() it
  OutputMeaning meaning = OutputMeaning::Values;
  std::vector<std::string> targets;  // names of fields of the data; empty: all targets
  bool operator==(const ModelOutput&) const = default;
};

// Those of the heads.
std::vector<ModelOutput> modelOutputs(const Project& project);

// Ignores the fields of data that a network neither reads nor predicts, so that new data need not have them. inputs: the
// names of the InputFields that it reads.
void ignoreUnused(Preprocessing& preprocessing, std::span<const std::string> inputs,
                  std::span<const ModelOutput> outputs);

// "softmax" or "sigmoid" for logits; else empty.
std::string_view activationFor(OutputMeaning meaning);

// The function that a layer applies last: "relu", ..., "none".
std::string activationOf(const Layer& layer);

// Whether an output layer applies this activation: a layer with it, or an activation layer.
bool endsIn(const Layer& output, std::string_view activation);

}  // namespace tandem
