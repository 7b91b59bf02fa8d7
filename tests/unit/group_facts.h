// What tests of groups compare: layers, problems and programs as text.
#pragma once

#include <string>
#include <vector>

#include "core/network/analysis.h"
#include "core/network/network.h"

namespace tandem::testing {

inline Attrs units(std::int64_t count) {
  return {{"units", count}, {"activation", std::string("tanh")}};
}

// "sum <- b a" for each layer.
inline std::vector<std::string> lines(const Network& network) {
  std::vector<std::string> lines;
  for (const Layer& layer : network.layers()) {
    lines.push_back(layer.name + " <-");
    for (const Source& input : layer.inputs) lines.back() += " " + network.nameOf(input);
  }
  return lines;
}

inline std::vector<std::string> texts(const Analysis& analysis) {
  std::vector<std::string> texts;
  for (const Problem& problem : analysis.problems) texts.push_back(problem.error.text());
  return texts;
}

inline std::string programText(const Network& network, bool training) {
  Program program;
  const auto lowered = lowerNetwork(network, 4, training, 5, program);
  if (!lowered.ok()) return lowered.error().text();
  return program.dump();
}

}  // namespace tandem::testing
