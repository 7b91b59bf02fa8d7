#include "core/data/csv_images.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/data/image_batch.h"
#include "core/data/image_name.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

// Removes samples from the values of a tensor; `rows` is sorted.
template <class Value>
void removeRows(std::vector<Value>& values, const std::vector<std::size_t>& rows, std::size_t width) {
  if (values.empty()) return;
  auto to = values.begin() + static_cast<std::ptrdiff_t>(rows[0] * width);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::size_t next = k + 1 < rows.size() ? rows[k + 1] : values.size() / width;
    to = std::copy(values.begin() + static_cast<std::ptrdiff_t>((rows[k] + 1) * width),
                   values.begin() + static_cast<std::ptrdiff_t>(next * width), to);
  }
  values.erase(to, values.end());
}

void leaveOut(const std::vector<std::size_t>& rows, Dataset& data) {
  for (std::size_t i = 0; i < data.info.tensors(); ++i) {
    const std::size_t inputs = data.inputs.size(), all = inputs + data.targets.size();
    TensorValues& values = i < inputs ? data.inputs[i] : i < all ? data.targets[i - inputs] : data.weights;
    const auto width = static_cast<std::size_t>(data.info.tensor(i).sample.elements());
    removeRows(values.bytes, rows, width);
    removeRows(values.floats, rows, width);
    removeRows(values.classOf, rows, width);
  }
}

std::string listOf(std::span<const DamagedImage> damaged, const ImageNames& nameOf) {
  constexpr std::size_t kShown = 20;
  std::string text = damageText(damaged.first(std::min(kShown, damaged.size())), nameOf);
  if (damaged.size() > kShown) text += fmt::format("; and {} more", damaged.size() - kShown);
  return text;
}

}  // namespace

Status readImages(const CsvImages& images, const DataSpec& spec, const std::string& where, Dataset& data,
                  const LoadProgress& progress) {
  const std::size_t columns = images.columns.size(), rows = images.lines.size(), count = images.names.size();
  if (columns == 0) return success();
  const auto size = static_cast<std::size_t>(imageShape(spec).elements());
  TANDEM_TRY(checkMemory(static_cast<double>(count) * static_cast<double>(size), where));
  std::vector<std::uint8_t*> levels;
  for (const std::string& column : images.columns) {
    const auto input =
        std::ranges::find(data.info.inputs, column, &DataTensor::name) - data.info.inputs.begin();
    std::vector<std::uint8_t>& bytes = data.inputs[static_cast<std::size_t>(input)].bytes;
    bytes.resize(rows * size);
    levels.push_back(bytes.data());
  }
  const ImageBatch batch{count, [&](std::size_t i) { return imageFileOf(where, images.names[i]); },
                         [&](std::size_t i) { return levels[i % columns] + i / columns * size; }};
  const ImageNames nameOf = [&](std::size_t i) {
    return fmt::format("{} in line {}", images.names[i], images.lines[i / columns]);
  };
  TANDEM_ASSIGN(const ImageFindings found, decodeImages(spec, batch, progress));
  if (!found.dark.empty())
    data.info.notes.push_back(
        darkNote(found.dark, fmt::format("{} images", count - found.damaged.size()), nameOf));
  if (found.damaged.empty()) return success();
  std::vector<std::size_t> damagedRows;
  for (const DamagedImage& one : found.damaged) damagedRows.push_back(one.file / columns);
  damagedRows.erase(std::unique(damagedRows.begin(), damagedRows.end()), damagedRows.end());
  const std::string list = listOf(found.damaged, nameOf);
  if (!spec.skipDamaged || damagedRows.size() == rows)
    return Error{
        ErrorCode::Io,
        fmt::format("{} of {} cannot be read: {}", found.damaged.size(), counted(count, "image"), list),
        fmt::format("{}:{}", where, images.lines[damagedRows[0]]),
        fmt::format("Correct the names, which are relative to the folder of the table, replace the images or "
                    "ignore the column, or {}",
                    kLeaveOutDamaged)};
  data.info.notes.push_back(fmt::format("Left out {} of {} rows with images that cannot be read: {}",
                                        damagedRows.size(), rows, list));
  leaveOut(damagedRows, data);
  return success();
}

}  // namespace tandem
