#include "core/data/csv_images.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/data/image_batch.h"
#include "core/data/image_name.h"
#include "core/text/plural.h"

namespace tandem {

Status readImages(const CsvImages& images, const DataSpec& spec, const std::string& where, RawData& raw,
                  const LoadProgress& progress) {
  Dataset& data = raw.data;
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
  const std::string list = damageList(found.damaged, nameOf);
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
  leaveOutSamples(damagedRows, raw);
  return success();
}

}  // namespace tandem
