// Names of folders and files that mark a part of a dataset.
#pragma once

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>

#include "core/data/dataset.h"

namespace tandem {

inline std::string lowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// "train" and "Training", "val", "valid", "validation" and "dev", "test", "testing" and MNIST's "t10k".
inline std::optional<SplitPart> splitPartOf(std::string_view name) {
  const std::string lower = lowerCase(name);
  if (lower == "train" || lower == "training") return SplitPart::Train;
  if (lower == "val" || lower == "valid" || lower == "validation" || lower == "dev")
    return SplitPart::Validation;
  if (lower == "test" || lower == "testing" || lower == "t10k") return SplitPart::Test;
  return std::nullopt;
}

// The same for folders, whose names may contain other words that say nothing: "test1", "training_set", "seg_val".
inline std::optional<SplitPart> splitFolderOf(std::string_view name) {
  constexpr std::string_view kIdle[] = {"set",  "data", "dataset", "images", "image",
                                        "imgs", "img",  "folder",  "seg",    "stg"};
  std::optional<SplitPart> part;
  for (std::size_t at = 0; at < name.size();) {
    const auto isLetter = [](unsigned char c) { return std::isalpha(c) != 0 || c >= 0x80; };
    std::size_t end = at;
    while (end < name.size() && isLetter(static_cast<unsigned char>(name[end]))) ++end;
    const std::string word = lowerCase(name.substr(at, end - at));
    at = end + 1;
    if (word.empty() || std::ranges::find(kIdle, word) != std::end(kIdle)) continue;
    const auto named = splitPartOf(word);
    if (!named || part) return std::nullopt;
    part = named;
  }
  return part ? part : splitPartOf(name);
}

}  // namespace tandem
