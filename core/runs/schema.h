// The database's tables, and the form of step records in it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/runs/sqlite.h"
#include "core/train/observer.h"

namespace tandem {

inline constexpr std::int64_t kSchemaVersion = 3;

// Records of one blob; a blob that is being filled is rewritten at each flush.
inline constexpr std::int64_t kStepsPerBlob = 1024;

// Opens or creates FOLDER/runs.sqlite in WAL mode, and brings an older one up to this version. Errors: not
// writable, damaged, the database of another program, one of a newer Tandem.
Result<sqlite::Database> openRunDatabase(const std::filesystem::path& folder);

// Step records packed into a blob: little-endian, 36 bytes and 4 for each of the first `values` values.
void appendStep(std::string& blob, const StepRecord& record, int values);
Status readSteps(std::string_view blob, std::int64_t values, std::vector<StepRecord>& records);

std::string packFloats(std::span<const float> values);
// The first values of `out`; a blob of another size than a multiple of 4 or too long is an Error.
Status unpackFloats(std::string_view blob, std::span<float> out);

}  // namespace tandem
