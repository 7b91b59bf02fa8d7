#include "core/twin/twin_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/base/file.h"

namespace tandem {
namespace {

// "2026-11-20T07:30:00Z" as part of a file name.
std::string dateOf(const std::string& started) {
  std::string date;
  for (const char c : started)
    if ((c >= '0' && c <= '9') || c == 'T') date += c;
  return date.empty() ? "undated" : date;
}

}  // namespace

Result<std::filesystem::path> TwinStore::save(const TwinRecord& record) const {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed) return fileError(folder_, "create the folder", failed.value());
  const std::string stem = fmt::format("{}-{}", dateOf(record.started), nameOf(record.mode));
  for (int number = 1;; ++number) {
    const std::filesystem::path file =
        folder_ / fmt::format("{}{}{}", stem, number == 1 ? "" : fmt::format("-{}", number), kTwinSuffix);
    if (std::filesystem::exists(file, failed)) continue;
    TANDEM_TRY(saveTwin(record, file));
    return file;
  }
}

std::vector<TwinInfo> TwinStore::list(std::vector<Error>* problems) const {
  std::vector<TwinInfo> twins;
  std::error_code failed;
  for (auto entry = std::filesystem::directory_iterator(folder_, failed);
       !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    if (entry->path().extension() != kTwinSuffix) continue;
    auto record = loadTwin(entry->path());
    if (!record.ok()) {
      if (problems) problems->push_back(record.error());
      continue;
    }
    TwinInfo info{entry->path(), std::move(record->name), record->mode, std::move(record->started), {}};
    for (TwinSideRecord& side : record->sides) info.sides.push_back(std::move(side.label));
    twins.push_back(std::move(info));
  }
  std::ranges::sort(twins, [](const TwinInfo& a, const TwinInfo& b) {
    return std::tie(a.started, a.file) > std::tie(b.started, b.file);
  });
  return twins;
}

Status TwinStore::remove(const std::filesystem::path& file) const {
  if (file.parent_path() != folder_) return invalid("is not a stored twin run", file.string());
  std::error_code failed;
  if (!std::filesystem::remove(file, failed))
    return fileError(file, "delete the twin", failed ? failed.value() : ENOENT);
  return success();
}

}  // namespace tandem
