#include "core/io/keras/graph.h"

namespace tandem::keras {

std::vector<float> transposed(std::span<const float> matrix, std::size_t rows) {
  const std::size_t columns = rows == 0 ? 0 : matrix.size() / rows;
  std::vector<float> result(matrix.size());
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      result[column * rows + row] = matrix[row * columns + column];
  return result;
}

std::string activationToKeras(std::string_view name) {
  if (name == "none") return "linear";
  return name == "silu" ? "swish" : std::string(name);
}

}  // namespace tandem::keras
