#include "core/io/keras/graph.h"

#include <algorithm>
#include <unordered_map>

namespace tandem::keras {

void sortLikeKeras(std::vector<KerasLayer>& layers, std::span<const std::string> outputs) {
  std::unordered_map<std::string_view, std::size_t> positions;
  for (std::size_t i = 0; i < layers.size(); ++i) positions.emplace(layers[i].name, i);

  struct Place {
    std::size_t depth = 0;  // length of the longest path to an output
    std::size_t visit = 0;  // from 1, in depth-first order
    std::size_t position = 0;
  };
  std::vector<Place> places(layers.size());
  for (std::size_t i = layers.size(); i-- > 0;) {
    places[i].position = i;
    for (const std::string& input : layers[i].inputs) {
      Place& from = places[positions.at(input)];
      from.depth = std::max(from.depth, places[i].depth + 1);
    }
  }
  std::size_t visits = 0;
  std::vector<std::size_t> open;
  for (auto output = outputs.rbegin(); output != outputs.rend(); ++output)
    open.push_back(positions.at(*output));
  while (!open.empty()) {
    const std::size_t position = open.back();
    open.pop_back();
    if (places[position].visit != 0) continue;
    places[position].visit = ++visits;
    for (auto input = layers[position].inputs.rbegin(); input != layers[position].inputs.rend(); ++input)
      open.push_back(positions.at(*input));
  }
  std::ranges::sort(places, [](const Place& a, const Place& b) {
    return a.depth != b.depth ? a.depth > b.depth : a.visit < b.visit;
  });
  std::vector<KerasLayer> sorted;
  for (const Place& place : places) sorted.push_back(std::move(layers[place.position]));
  layers = std::move(sorted);
}

std::vector<float> transposed(std::span<const float> matrix, std::size_t rows) {
  const std::size_t columns = rows == 0 ? 0 : matrix.size() / rows;
  std::vector<float> result(matrix.size());
  // In tiles, because otherwise each value of a large matrix is written to another cache line.
  constexpr std::size_t kTile = 32;
  for (std::size_t top = 0; top < rows; top += kTile)
    for (std::size_t left = 0; left < columns; left += kTile)
      for (std::size_t column = left; column < std::min(left + kTile, columns); ++column)
        for (std::size_t row = top; row < std::min(top + kTile, rows); ++row)
          result[column * rows + row] = matrix[row * columns + column];
  return result;
}

std::string activationToKeras(std::string_view name) {
  if (name == "none") return "linear";
  if (name == "hard_swish") return "hard_silu";
  return name == "silu" ? "swish" : std::string(name);
}

}  // namespace tandem::keras
