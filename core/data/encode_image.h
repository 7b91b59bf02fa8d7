// Encodes one image as a field of a trained model has it. Used by encode.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/data/image.h"
#include "core/data/preprocessing.h"

namespace tandem {

// With the factors of one field: x' = (x - mean) * scale.
inline float normalized(const Field& field, std::size_t i, double value) {
  return static_cast<float>(field.mean.empty() ? value : (value - field.mean[i]) * field.scale[i]);
}

// Decodes, resizes and normalizes.
Status appendImage(std::span<const std::uint8_t> bytes, const Field& field, const std::string& where,
                   std::vector<float>& out, std::vector<std::string>& notes);
Status appendImage(const Image& image, const Field& field, const std::string& where, std::vector<float>& out,
                   std::vector<std::string>& notes);

}  // namespace tandem
