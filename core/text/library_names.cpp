#include "core/text/library_names.h"

#include <fmt/format.h>

namespace tandem {

std::string libraryNamesText(const LibraryNames& names) {
  if (names.keras.empty()) return names.pytorch.empty() ? "" : fmt::format("In PyTorch: {}", names.pytorch);
  if (names.pytorch.empty()) return fmt::format("In Keras: {}", names.keras);
  return fmt::format("In Keras: {}, in PyTorch: {}", names.keras, names.pytorch);
}

}  // namespace tandem
