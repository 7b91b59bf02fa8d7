#include "core/train/checkpoint.h"

#include <algorithm>
#include <filesystem>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/hdf5_recipe.h"

namespace tandem::fuzz {
namespace {

bool sameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)));
}

void checkRoundTrip(const Checkpoint& read) {
  const std::filesystem::path file = scratchPath("again");
  const Status saved = saveCheckpoint(read, file);
  const auto again = loadCheckpoint(file);
  std::filesystem::remove(file);
  TANDEM_CHECK(saved.ok(), saved.ok() ? "" : saved.error().text());
  TANDEM_CHECK(again.ok(), again.ok() ? "" : again.error().text());
  TANDEM_CHECK(again->project == read.project && again->step == read.step && again->epoch == read.epoch &&
                   again->sample == read.sample && again->preprocessing == read.preprocessing &&
                   again->parameters.size() == read.parameters.size() &&
                   again->trainedParameters.size() == read.trainedParameters.size() &&
                   sameBits(again->optimizer, read.optimizer),
               "a checkpoint that was read does not come back the same");
}

// A recipe of a file's HDF5 part, or any bytes.
bool run(std::span<const std::uint8_t> bytes) {
  const std::string_view input(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string whole(input);
  if (input.starts_with(kRecipe)) {
    const std::string body = hdf5FromRecipe(input);
    whole = checkpointHead(body) + body;
  }
  const ScratchFile file(whole);
  const auto checkpoint = loadCheckpoint(file.path());
  if (!checkpoint.ok()) return false;
  for (const auto* arrays : {&checkpoint->parameters, &checkpoint->states, &checkpoint->trainedParameters})
    for (const NamedArray& array : *arrays)
      TANDEM_CHECK(array.shape.elements() == std::ssize(array.values), "an array does not fill its shape");
  checkRoundTrip(*checkpoint);
  return true;
}

}  // namespace

extern const FuzzTarget checkpoint;
const FuzzTarget checkpoint = {"checkpoint", run};

}  // namespace tandem::fuzz
