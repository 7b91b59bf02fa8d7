// A run as one portable file (.tandemrun): its complete record without weights, as gzipped JSON. Steps are
// stored as base64 of the records of schema.h, so they are restored bit for bit; the rest is plain JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/runs/run_store.h"

namespace tandem {

inline constexpr std::string_view kRunFileSuffix = ".tandemrun";

// A run in progress is written in its current state as "interrupted". Folder and weights are left out. For a
// very large network, only every n-th sample of the layer timings is written.
std::string toJson(const RecordedRun& run);

// Reads JSON, compressed or not. The input is untrusted: sizes are checked before memory is allocated. Errors
// name the place: "fast.tandemrun: steps[3].records: ...".
Result<RecordedRun> runFromBytes(std::span<const std::uint8_t> bytes, std::string_view source);

Status exportRun(const RunStore& store, std::int64_t id, const std::filesystem::path& file);
Result<RecordedRun> loadRun(const std::filesystem::path& file);
// Loads a run and adds it to the record. Returns the new run's number.
Result<std::int64_t> importRun(RunStore& store, const std::filesystem::path& file);

}  // namespace tandem
