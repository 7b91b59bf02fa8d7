#include <array>
#include <fstream>
#include <new>

#include "core/io/keras/convert.h"
#include "core/io/keras/keras.h"

namespace tandem {
namespace {

using namespace keras;

// A .keras file is a ZIP archive.
bool isArchive(const std::filesystem::path& file) {
  std::array<char, 4> head{};
  std::ifstream(file, std::ios::binary).read(head.data(), head.size());
  return std::string_view(head.data(), head.size()) == "PK\x03\x04";
}

Result<ImportedModel> importModel(const std::filesystem::path& file) {
  if (isArchive(file))
    return Error{ErrorCode::Unsupported,
                 "this is a .keras archive, and Tandem reads Keras' HDF5 files",
                 {},
                 "Save the model with model.save(\"NAME.h5\")"};
  TANDEM_ASSIGN(Hdf5File opened, Hdf5File::open(file));
  const Hdf5Group& root = opened.root();
  TANDEM_ASSIGN(KerasModel model, readModel(root));
  TANDEM_TRY(checkClasses(model));

  // Links may lead to one array many times; what a file holds bounds what is read from it.
  std::error_code problem;
  const std::uintmax_t most = std::filesystem::file_size(file, problem);
  std::uintmax_t total = 0;
  for (KerasLayer& layer : model.layers) {
    if (!hasWeights(layer)) continue;
    TANDEM_ASSIGN(layer.weights, readWeights(root, layer.name));
    for (const Weight& weight : layer.weights) total += weight.values.size();
    if (total > most)
      return invalid("the layers have more weights than the file holds", layer.name, "The file is damaged");
  }
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
    return Error{ErrorCode::OutOfMemory, "the model does not fit into memory", file.string(), {}};
  }
}

}  // namespace tandem
