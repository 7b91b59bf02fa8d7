// Cuts texts into tokens: words, characters or joined pairs of characters, as indices into a vocabulary.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/data/text_format.h"

namespace tandem {

// The first two tokens of every vocabulary. No text contains them.
constexpr std::string_view kPaddingToken = "<padding>", kUnknownToken = "<unknown>";
constexpr std::int32_t kPadding = 0, kUnknown = 1, kFirstToken = 2;

// Whether a list, perhaps of a file, is a vocabulary with at least one token besides these.
bool isVocabulary(std::span<const std::string> tokens);

class Tokenizer {
 public:
  // The vocabulary of `texts`, which are valid UTF-8: the most frequent tokens first, equally frequent ones in the order of
  // their code points; of pairs first the characters, then the joined tokens in the order in which they were found, as
  // long as a pair occurs at least twice. If stop() returns true, such as because the user has cancelled, the rest is left
  // out.
  static Tokenizer learn(const TextFormat& format, std::span<const std::string_view> texts,
                         const std::function<bool()>& stop = {});
  // With a vocabulary that was learned.
  Tokenizer(const TextFormat& format, std::vector<std::string> vocabulary);
  // The tokens refer to the vocabulary.
  Tokenizer(Tokenizer&&) noexcept = default;
  Tokenizer& operator=(Tokenizer&&) noexcept = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;
  ~Tokenizer() = default;

  const std::vector<std::string>& vocabulary() const { return vocabulary_; }
  // Appends the tokens of a text, kUnknown for those outside of the vocabulary, and to `written` what each of them was in
  // the text.
  void encode(std::string_view text, std::vector<std::int32_t>& tokens,
              std::vector<std::string>* written = nullptr);
  // The text of tokens: words with spaces between them, which need not be as they were.
  std::string decode(std::span<const std::int32_t> tokens) const;

 private:
  std::int32_t find(std::string_view token) const;
  void encodePairs(std::string_view piece, std::vector<std::int32_t>& tokens);

  TextFormat format_;
  std::vector<std::string> vocabulary_;
  std::unordered_map<std::string_view, std::int32_t> indexOf_;
  std::unordered_map<std::string, std::vector<std::int32_t>> pieces_;  // of pairs: those that were encoded
};

}  // namespace tandem
