// A run as one file that travels (.tandemrun): all of its record but the weights, as JSON behind gzip.
// Steps are base64 of the records of schema.h, so they come back bit for bit; all else is plain JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/runs/run_store.h"

namespace tandem {

inline constexpr std::string_view kRunFileSuffix = ".tandemrun";

// A run that is going on is written as it stands, "interrupted". Folder and weights are left out. Of the
// timings by layer of a very large network only every n-th sample is written.
std::string toJson(const RecordedRun& run);

// JSON, packed or not. Treated as hostile: sizes are bounded before anything of that size is made. Errors
// name the place: "fast.tandemrun: steps[3].records: ...".
Result<RecordedRun> runFromBytes(std::span<const std::uint8_t> bytes, std::string_view source);

Status exportRun(const RunStore& store, std::int64_t id, const std::filesystem::path& file);
Result<RecordedRun> loadRun(const std::filesystem::path& file);
// Loads and adds to the record: the new run's number.
Result<std::int64_t> importRun(RunStore& store, const std::filesystem::path& file);

}  // namespace tandem
