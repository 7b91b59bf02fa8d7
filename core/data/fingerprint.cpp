#include "core/data/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace tandem {
namespace {

// The finalizer of MurmurHash3 (Appleby): each input bit affects about half of the output bits.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ x >> 33) * 0xff51afd7ed558ccdull;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ull;
  return x ^ x >> 33;
}

// Four independent multiply-rotate lanes, so that the processor does not wait for each product.
class Hash {
 public:
  void add(std::uint64_t value) { state_ = mixed(state_ ^ value) + 0x9e3779b97f4a7c15ull; }

  void addBytes(const void* data, std::size_t size) {
    add(size);
    const auto* at = static_cast<const unsigned char*>(data);
    std::uint64_t lanes[4] = {state_, ~state_, state_ * 3, state_ * 5};
    constexpr std::size_t kBlock = 4 * sizeof(std::uint64_t);
    while (size >= kBlock) {
      std::uint64_t words[4];
      std::memcpy(words, at, kBlock);
      for (std::size_t i = 0; i < 4; ++i)
        lanes[i] = std::rotl(lanes[i] ^ words[i], 27) * 0x9e3779b97f4a7c15ull;
      at += kBlock;
      size -= kBlock;
    }
    for (const std::uint64_t lane : lanes) add(lane);
    std::uint64_t rest[4] = {};
    if (size > 0) std::memcpy(rest, at, size);
    for (const std::uint64_t word : rest) add(word);
  }

  template <class T>
  void addAll(std::span<const T> values) {
    addBytes(values.data(), values.size_bytes());
  }
  std::uint64_t value() const { return mixed(state_); }

 private:
  std::uint64_t state_ = 1;
};

// Adds nothing for numbers that are stored as they are read.
void addStorage(Hash& hash, const Dataset& data, double FloatStorage::*member) {
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
  Hash hash;
  for (const DataTensor& input : data.info.inputs)
    for (const std::int64_t extent : input.sample.dims()) hash.add(static_cast<std::uint64_t>(extent));
  if (data.targets.empty()) hash.add(0);
  for (const DataTensor& target : data.info.targets) hash.add(static_cast<std::uint64_t>(target.classes));
  for (const TensorValues& input : data.inputs) {
    hash.addAll(std::span(input.bytes));
    hash.addAll(std::span(input.floats));
  }
  for (const TensorValues& target : data.targets) {
    hash.addAll(std::span(target.classOf));
    hash.addAll(std::span(target.floats));
  }
  addStorage(hash, data, &FloatStorage::offset);
  addStorage(hash, data, &FloatStorage::unit);
  for (const auto& part : data.parts) hash.addAll(std::span(part));
  return fmt::format("{:016x}", hash.value());
}

}  // namespace tandem
