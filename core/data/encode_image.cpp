#include "core/data/encode_image.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem {

namespace {

Status checkChannels(const Field& field, const std::string& where) {
  const std::int64_t channels = field.image[2];
  if (channels == 1 || channels == 3) return success();
  return invalid(
      fmt::format("the network needs {} image channels; only 1 (grey) and 3 (colour) are supported",
                  channels),
      where);
}

}  // namespace

Status appendImage(std::span<const std::uint8_t> bytes, const Field& field, const std::string& where,
                   std::vector<float>& out, std::vector<std::string>& notes) {
  TANDEM_TRY(checkChannels(field, where));
  TANDEM_ASSIGN(const Image image, decodeImage(bytes, where));
  return appendImage(image, field, where, out, notes);
}

Status appendImage(const Image& image, const Field& field, const std::string& where, std::vector<float>& out,
                   std::vector<std::string>& notes) {
  TANDEM_TRY(checkChannels(field, where));
  const Shape& sample = field.image;
  std::vector<std::uint8_t> levels(static_cast<std::size_t>(sample.elements()));
  resizeImage(image, sample[0], sample[1], sample[2], levels.data());
  const auto noted = [](const std::string& note) { return note.starts_with("Warning: the image uses"); };
  if (isNearlyBlack(image) && std::ranges::none_of(notes, noted))
    notes.push_back(fmt::format(
        "Warning: the image uses only the lowest {} of its 65536 levels and is nearly black after "
        "reading. Rescale it to the full range",
        image.highestOf16Bits + 1));
  const auto channels = static_cast<std::size_t>(sample[2]);
  for (std::size_t i = 0; i < levels.size(); ++i)
    out.push_back(normalized(field, i % channels, levels[i] / 255.0));
  return success();
}

}  // namespace tandem
