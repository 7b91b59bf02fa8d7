#include <fstream>
#include <new>

#include "core/io/keras/archive.h"
#include "core/io/keras/convert.h"
#include "core/io/keras/keras.h"

namespace tandem {
namespace {

using namespace keras;

constexpr std::string_view kHdf5 = "\x89HDF";

Result<ImportedModel> readAny(const std::filesystem::path& file) {
  const bool archive = isArchive(file);
  TANDEM_ASSIGN(KerasModel model, archive ? readArchive(file) : readModel(file));
  return Converter(std::move(model)).convert();
}

}  // namespace

Result<ImportedModel> importKeras(const std::filesystem::path& file) {
  try {
    auto model = readAny(file);
    if (model.ok()) return model;
    Error error = std::move(model).error();
    if (!error.where.starts_with(file.string()))
      error.where = file.string() + (error.where.empty() ? "" : ": " + error.where);
    return error;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "the model does not fit in memory", file.string(), {}};
  }
}

bool isKerasFile(const std::filesystem::path& file) {
  std::string head(kHdf5.size(), '\0');
  std::ifstream(file, std::ios::binary).read(head.data(), static_cast<std::streamsize>(head.size()));
  return head == kHdf5 || isArchive(file);
}

}  // namespace tandem
