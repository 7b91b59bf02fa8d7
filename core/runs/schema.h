// The tables of the database and the format of its step records.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/runs/sqlite.h"
#include "core/train/observer.h"

namespace tandem {

inline constexpr std::int64_t kSchemaVersion = 5;

// Records per blob; an incomplete blob is rewritten at each flush.
inline constexpr std::int64_t kStepsPerBlob = 1024;

// Opens or creates FOLDER/runs.sqlite in WAL mode and migrates an older one to this version. One that may only be
// read is opened to be read; an older one is then copied to a temporary file, which is migrated. Errors: cannot be
// created, damaged, the database of another program or of a newer version of Tandem.
Result<sqlite::Database> openRunDatabase(const std::filesystem::path& folder);

// Whether the database of this folder exists, but is read-only.
bool isReadOnlyRecord(const std::filesystem::path& folder);

// Step records packed into a blob: little-endian, 36 bytes plus 4 for each of the first `values` values.
void appendStep(std::string& blob, const StepRecord& record, int values);
Status readSteps(std::string_view blob, std::int64_t values, std::vector<StepRecord>& records);

std::string packCounts(const ClassCounts& counts);
// Errors: the blob does not have exactly this number of counts.
Result<ClassCounts> unpackCounts(std::string_view blob, std::size_t number);

std::string packFloats(std::span<const float> values);
// Fills the first values of `out`; a blob that is too long or whose size is not a multiple of 4 is an Error.
Status unpackFloats(std::string_view blob, std::span<float> out);

}  // namespace tandem
