// The twins that were kept: a folder of record files, by default beside the record of runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/twin/twin_record.h"

namespace tandem {

inline constexpr std::string_view kTwinSuffix = ".tandemtwin";

struct TwinInfo {
  std::filesystem::path file;
  std::string name, mode, started;  // as in TwinRecord
  std::vector<std::string> sides;   // labels
};

class TwinStore {
 public:
  // The folder is made with the first twin that is kept.
  explicit TwinStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  const std::filesystem::path& folder() const { return folder_; }

  // Writes a new file and says where.
  Result<std::filesystem::path> keep(const TwinRecord& record) const;
  // Newest first. Reads every file: not for a thread that people wait for. Files that cannot be read are
  // left out, and their Errors put into `problems`.
  std::vector<TwinInfo> list(std::vector<Error>* problems = nullptr) const;
  // Of a file of this folder.
  Status remove(const std::filesystem::path& file) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace tandem
