#include "core/data/fingerprint.h"

#include <algorithm>
#include <bit>
#include <span>

#include "core/base/content_hash.h"

namespace tandem {
namespace {

// Adds nothing for numbers that are stored as they are read.
void addStorage(ContentHash& hash, const Dataset& data, double FloatStorage::*member) {
  const double usual = FloatStorage{}.*member;
  for (const TensorValues& input : data.inputs) {
    std::vector<double> values;
    for (const FloatStorage& each : input.storage) values.push_back(each.*member);
    if (std::ranges::any_of(values, [&](double value) { return value != usual; }))
      hash.addAll(std::span<const double>(values));
  }
  for (const TensorValues& target : data.targets)
    for (const FloatStorage& each : target.storage)
      if (each.*member != usual) hash.add(std::bit_cast<std::uint64_t>(each.*member));
}

}  // namespace

// Of one input and one target, the same as before there could be more.
std::string fingerprint(const Dataset& data) {
  ContentHash hash;
  for (const DataTensor& input : data.info.inputs)
    for (const std::int64_t extent : input.sample.dims()) hash.add(static_cast<std::uint64_t>(extent));
  if (data.targets.empty()) hash.add(0);
  for (const DataTensor& target : data.info.targets) hash.add(static_cast<std::uint64_t>(target.classes));
  for (const TensorValues& input : data.inputs) {
    hash.addAll(std::span(input.bytes));
    hash.addAll(std::span(input.floats));
    if (!input.classOf.empty()) hash.addAll(std::span(input.classOf));
  }
  for (const TensorValues& target : data.targets) {
    hash.addAll(std::span(target.classOf));
    hash.addAll(std::span(target.floats));
  }
  if (data.info.weights) hash.addAll(std::span(data.weights.floats));
  for (const TensorValues& each : data.lengths) hash.addAll(std::span(each.classOf));
  addStorage(hash, data, &FloatStorage::offset);
  addStorage(hash, data, &FloatStorage::unit);
  for (const auto& part : data.parts) hash.addAll(std::span(part));
  for (const TensorValues& input : data.inputs) {  // of series
    if (!input.starts.empty()) hash.addAll(std::span(input.starts));
    if (!input.counts.empty()) hash.addAll(std::span(input.counts));
  }
  return hash.text();
}

}  // namespace tandem
