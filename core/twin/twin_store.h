// The stored twin runs: a folder of record files, by default next to the run database.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/twin/twin_record.h"

namespace tandem {

inline constexpr std::string_view kTwinSuffix = ".tandemtwin";

struct TwinInfo {
  std::filesystem::path file;
  std::string name;  // as in TwinRecord
  TwinMode mode = TwinMode::LockStep;
  std::string started;
  std::vector<std::string> sides;  // labels
};

class TwinStore {
 public:
  // The folder is created with the first stored twin run.
  explicit TwinStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  const std::filesystem::path& folder() const { return folder_; }

  // Writes a new file and returns its path.
  Result<std::filesystem::path> save(const TwinRecord& record) const;
  // Newest first. Reads every file, so do not call it on the GUI thread. Unreadable files are left out, and
  // their Errors are added to `problems`.
  std::vector<TwinInfo> list(std::vector<Error>* problems = nullptr) const;
  // `file` must be in this folder.
  Status remove(const std::filesystem::path& file) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace tandem
