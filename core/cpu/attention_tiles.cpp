#include "core/cpu/attention_tiles.h"

#include <Eigen/Core>

namespace tandem::cpu {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<>;
using Operand = Eigen::Map<const Matrix, 0, Stride>;
using Target = Eigen::Map<Matrix, 0, Stride>;

Operand of(const Tile<const float>& tile) {
  return Operand(tile.data, tile.rows, tile.columns, Stride(tile.stride));
}
Target of(const Tile<float>& tile) {
  return Target(tile.data, tile.rows, tile.columns, Stride(tile.stride));
}

}  // namespace

void tileProductTransposed(Tile<const float> a, Tile<const float> b, Tile<float> y) {
  of(y).noalias() = of(a) * of(b).transpose();
}

void addTileProduct(Tile<const float> a, Tile<const float> b, Tile<float> y) {
  of(y).noalias() += of(a) * of(b);
}

void addTransposedTileProduct(Tile<const float> a, Tile<const float> b, Tile<float> y) {
  of(y).noalias() += of(a).transpose() * of(b);
}

}  // namespace tandem::cpu
