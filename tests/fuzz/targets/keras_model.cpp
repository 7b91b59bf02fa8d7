#include "core/io/keras/convert.h"
#include "core/network/analysis.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/hdf5_recipe.h"

namespace tandem::fuzz {
namespace {

// A recipe of a file, or what the child process that reads a file sends, which is not trusted either.
bool run(std::span<const std::uint8_t> bytes) {
  const std::string_view input(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool recipe = input.starts_with(kRecipe);
  const ScratchFile file(recipe ? hdf5FromRecipe(input) : std::string());
  const auto here = [&](const std::function<void(const SendBytes&)>& work, std::chrono::seconds,
                        std::size_t) -> Result<std::string> {
    if (!recipe) return std::string(input);
    std::string sent;
    work([&](std::string_view part) { sent += part; });
    return sent;
  };
  auto model = keras::readModel(file.path(), here);
  if (!model.ok()) return false;
  const auto imported = keras::Converter(std::move(*model)).convert();
  if (!imported.ok()) return false;
  TANDEM_CHECK(analyze(imported->network).ok(), "a network with problems was imported");
  for (const ModelOutput& output : imported->outputs) {
    TANDEM_CHECK(imported->network.findByName(output.layer), "an output without a layer was imported");
    TANDEM_CHECK(keras::fieldsOfOutput(output, imported->preprocessing).ok(),
                 "an output predicts unknown fields");
  }
  TANDEM_CHECK(keras::fieldsOfInputs(imported->network, imported->samples, imported->preprocessing),
               "the data does not fit the network's inputs");
  for (const ImportedModel::Weight& weight : imported->weights)
    TANDEM_CHECK(weight.shape.elements() == std::ssize(weight.values), "weights do not fill their shape");
  return true;
}

}  // namespace

extern const FuzzTarget keras_model;
const FuzzTarget keras_model = {"keras_model", run};

}  // namespace tandem::fuzz
