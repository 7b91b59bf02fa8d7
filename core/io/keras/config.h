// Reads the configuration of one Keras layer. The first Error is stored and names the layer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/io/keras/graph.h"
#include "core/ops/attrs.h"

namespace tandem::keras {

class ConfigReader {
 public:
  explicit ConfigReader(const KerasLayer& layer) : layer_(layer) {}

  std::int64_t integer(const char* key, std::optional<std::int64_t> fallback = std::nullopt);
  double number(const char* key, double fallback);  // null: the fallback
  bool boolean(const char* key, bool fallback);
  std::string text(const char* key, const std::string& fallback);  // null: the fallback
  std::int64_t single(const char* key,
                      std::optional<std::int64_t> fallback);  // 3 or [3]; null gives the fallback
  // A single number applies to both axes; null gives the fallback.
  std::vector<std::int64_t> pair(const char* key, std::optional<std::vector<std::int64_t>> fallback);
  std::array<std::int64_t, 4> pads(
      const char* key);                              // ((top, bottom), (left, right)), (rows, columns) or one
  std::vector<std::int64_t> inputShape();            // of one sample
  std::vector<std::int64_t> sizes(const char* key);  // of one sample, all known
  // Tandem's name of the function ("none", "relu", ..., "softmax"); unsupported functions are Errors.
  std::string activation(const char* key, const std::string& fallback);
  // Tandem's name, or its default if there is no equivalent.
  std::string initializer(const char* key, std::string_view fallback = "glorot_uniform");

  // Sets the properties l1 and l2 from a regularizer L1, L2 or L1L2. Others are left out: they only matter in training.
  void setPenalties(const char* key, Attrs& properties);

  // Records an Unsupported Error unless `possible`.
  void require(bool possible, const std::string& what);
  Status status() const { return error_ ? Status(*error_) : success(); }

 private:
  const Json* find(const char* key) const;  // nullptr: absent or null
  void wrong(const char* key, const std::string& expected);
  std::vector<std::int64_t> integers(const Json& json, const char* key, std::size_t count);

  const KerasLayer& layer_;
  std::optional<Error> error_;
};

}  // namespace tandem::keras
