// How texts become sequences of tokens. In a project 0 means that a number is chosen from the data; with a trained model
// the choices are stored.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem {

enum class TextUnit : std::uint8_t { Words, Characters, Pairs };
std::string_view nameOf(TextUnit unit);  // "words", "characters", "pairs"

struct TextFormat {
  static constexpr std::int64_t kLeastVocabulary = 3, kMostVocabulary = 1'000'000, kMostSteps = 65'536;
  // Words: runs of letters and digits, and every other character that is not a space. Characters: Unicode code points.
  // Pairs: characters that are joined to longer tokens, the most frequent pairs first (byte-pair encoding).
  TextUnit unit = TextUnit::Words;
  bool lowerCase = true;
  std::int64_t vocabulary = 10000;  // different tokens at most, with the padding and the unknown one
  // Tokens of a text at most; the others at its end are cut. 0: as many as the longest training text has, or if that are
  // more than 200, as 95% of them do not exceed, from 200 to 1000. Of windows, all of this length: 0: 64.
  std::int64_t steps = 0;
  // Of a text whose next tokens are predicted: from the start of a window to the next one. In a project 0: the length of a
  // window. With a trained model 0: the texts are samples by themselves.
  std::int64_t stride = 0;
  bool operator==(const TextFormat&) const = default;
};

}  // namespace tandem
