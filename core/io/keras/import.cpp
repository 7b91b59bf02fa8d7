#include <fstream>
#include <new>

#include "core/io/keras/convert.h"
#include "core/io/keras/keras.h"

namespace tandem {
namespace {

using namespace keras;

constexpr std::string_view kHdf5 = "\x89HDF", kZip = "PK\x03\x04";  // .keras files are ZIP archives

std::string beginOf(const std::filesystem::path& file) {
  std::string head(4, '\0');
  std::ifstream(file, std::ios::binary).read(head.data(), static_cast<std::streamsize>(head.size()));
  return head;
}

Result<ImportedModel> importModel(const std::filesystem::path& file) {
  if (beginOf(file) == kZip)
    return Error{ErrorCode::Unsupported,
                 "this is a .keras archive; Tandem reads only Keras HDF5 files",
                 {},
                 "Save the model with model.save(\"NAME.h5\")"};
  TANDEM_ASSIGN(KerasModel model, readModel(file));
  return Converter(std::move(model)).convert();
}

}  // namespace

Result<ImportedModel> importKeras(const std::filesystem::path& file) {
  try {
    auto model = importModel(file);
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
  const std::string head = beginOf(file);
  return head == kHdf5 || head == kZip;
}

}  // namespace tandem
