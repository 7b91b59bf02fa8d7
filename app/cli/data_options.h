// The options that describe data, of `tandem new`, `tandem train` and `tandem check`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/cli/arguments.h"
#include "core/data/spec.h"

namespace tandem::cli {

struct DataOptions {
  std::optional<std::filesystem::path> path;
  std::optional<std::string> target, header, delimiter, decimal, thousands, quote, comment, encoding;
  std::optional<std::string> missing, numbers, categories, ignore;  // lists, separated by commas
  bool skipDamaged = false;

  // Errors: nothing is at the path, a setting that is not possible.
  Status applyTo(DataSpec& data) const;
};

// `about`: of --data.
void addDataOptions(Command command, DataOptions& options,
                    const char* about = "Use this data, of the same fields, instead of the project's");

}  // namespace tandem::cli
