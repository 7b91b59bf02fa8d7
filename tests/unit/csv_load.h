// Shared by tests of tables: reading a text as a file would be.
#pragma once

#include <gtest/gtest.h>

#include "core/data/csv.h"
#include "tests/unit/data_files.h"

namespace tandem {

using Texts = std::vector<std::string>;
using Values = std::vector<float>;

inline DataSpec table(bool classes = true) {
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.classification = classes;
  return spec;
}

inline Dataset load(std::string_view text, const DataSpec& spec) {
  auto raw = parseCsv(std::string(text), spec, "f.csv", {});
  EXPECT_TRUE(raw.ok()) << text << ": " << raw.error().text();
  return raw.ok() ? std::move(raw->data) : Dataset{};
}

inline std::string refusal(std::string_view text, const DataSpec& spec) {
  const auto raw = parseCsv(std::string(text), spec, "f.csv", {});
  EXPECT_FALSE(raw.ok()) << text;
  return raw.ok() ? "" : raw.error().text();
}

inline bool mentions(const Dataset& data, std::string_view text) {
  for (const std::string& note : data.info.notes)
    if (note.find(text) != note.npos) return true;
  return false;
}

}  // namespace tandem
