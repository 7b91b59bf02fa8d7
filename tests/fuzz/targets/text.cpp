#include "core/data/text_file.h"
#include "core/data/tokenizer.h"
#include "core/data/utf8.h"
#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

void check(const TextFormat& format, const std::string& text) {
  const std::string_view view = text;
  Tokenizer learned = Tokenizer::learn(format, std::span(&view, 1));
  const std::vector<std::string>& vocabulary = learned.vocabulary();
  TANDEM_CHECK(std::ssize(vocabulary) <= format.vocabulary && vocabulary.size() >= kFirstToken, "vocabulary");
  for (const std::string& token : vocabulary)
    TANDEM_CHECK(!token.empty() && firstInvalidUtf8(token) == token.npos, "token");
  std::vector<std::int32_t> tokens, again;
  learned.encode(text, tokens);
  for (const std::int32_t token : tokens)
    TANDEM_CHECK(token >= kUnknown && token < std::ssize(vocabulary), "index");
  Tokenizer(format, vocabulary).encode(text, again);
  TANDEM_CHECK(tokens == again, "a restored vocabulary encodes otherwise");
  const bool lossless = format.unit != TextUnit::Words && !format.lowerCase && format.vocabulary > 1000;
  TANDEM_CHECK(!lossless || learned.decode(tokens) == text, "tokens are not the text");
}

bool run(std::span<const std::uint8_t> bytes) {
  const std::string content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  (void)plainText(content, {}, "f", true);
  const auto text = plainText(content, {}, "f");
  if (!text.ok()) return false;
  TANDEM_CHECK(!text->empty() && firstInvalidUtf8(*text) == text->npos, "text");
  for (const TextUnit unit : {TextUnit::Words, TextUnit::Characters, TextUnit::Pairs}) {
    check({.unit = unit, .vocabulary = 20}, *text);
    check({.unit = unit, .lowerCase = false, .vocabulary = 100'000}, *text);
  }
  return true;
}

}  // namespace

extern const FuzzTarget text;
const FuzzTarget text = {"text", run};

}  // namespace tandem::fuzz
