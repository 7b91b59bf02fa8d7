// Which tokens texts consist of, and which of them form the vocabulary.
#include "core/data/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/data/characters.h"

namespace tandem {
namespace {

using Tokens = std::vector<std::int32_t>;
using Words = std::vector<std::string>;

Tokenizer learn(const TextFormat& format, const std::vector<std::string_view>& texts) {
  return Tokenizer::learn(format, texts);
}

Tokens encode(Tokenizer& tokenizer, std::string_view text) {
  Tokens tokens;
  tokenizer.encode(text, tokens);
  return tokens;
}

// The words of a text, in order of their first letters.
Words wordsOf(std::string_view text, bool lowerCase = true) {
  Words words = learn({.lowerCase = lowerCase}, {text}).vocabulary();
  return {words.begin() + 2, words.end()};
}

TEST(Tokenizer, WordsAreLowerCasedRunsOfLettersAndSigns) {
  EXPECT_EQ(wordsOf("It's 3.5 km, isn't it"), (Words{"'", "it", ",", ".", "3", "5", "isn", "km", "s", "t"}));
  EXPECT_EQ(wordsOf("B a B", false), (Words{"B", "a"}));
  EXPECT_EQ(wordsOf(" \t\n"), Words{});
  EXPECT_EQ(wordsOf("Größe\u00a0ÄRGER \u2014 \u201eΣοφία\u201c Ёлка"),
            (Words{"größe", "ärger", "σοφία", "ёлка", "\u2014", "\u201c", "\u201e"}));
  EXPECT_EQ(wordsOf("日本 ok"), (Words{"ok", "日", "本"})) << "ideographs are words";
}

TEST(Tokenizer, EndlessWordsAreCut) {
  EXPECT_EQ(wordsOf(std::string(2500, 'x')), (Words{std::string(1000, 'x'), std::string(500, 'x')}));
}

TEST(Tokenizer, TheVocabularyIsOrderedByFrequencyThenCodePoint) {
  Tokenizer all = learn({}, {"b a c", "c b", "b é"});
  EXPECT_EQ(all.vocabulary(), (Words{"<padding>", "<unknown>", "b", "c", "a", "é"}));
  EXPECT_EQ(encode(all, "a b  C d é"), (Tokens{4, 2, 3, 1, 5}));
  Tokenizer limited = learn({.vocabulary = 4}, {"b a c", "c b", "b é"});
  EXPECT_EQ(limited.vocabulary(), (Words{"<padding>", "<unknown>", "b", "c"}));
  EXPECT_EQ(encode(limited, "a b c"), (Tokens{1, 2, 3}));
}

TEST(Tokenizer, CharactersAreCodePoints) {
  Tokenizer tokenizer = learn({.unit = TextUnit::Characters, .lowerCase = false}, {"aéa\n😀", "A"});
  EXPECT_EQ(tokenizer.vocabulary(), (Words{"<padding>", "<unknown>", "a", "\n", "A", "é", "😀"}));
  EXPECT_EQ(encode(tokenizer, "😀éz"), (Tokens{6, 5, 1}));
  EXPECT_EQ(tokenizer.decode(Tokens{2, 3, 6}), "a\n😀");
}

TEST(Tokenizer, SaysWhatEachTokenWasInTheText) {
  const auto written = [](const TextFormat& format, std::string_view learned, std::string_view text) {
    Tokenizer tokenizer = learn(format, {learned});
    Tokens tokens;
    Words words;
    tokenizer.encode(text, tokens, &words);
    EXPECT_EQ(tokens, encode(tokenizer, text)) << "the same tokens";
    EXPECT_EQ(tokens.size(), words.size());
    return words;
  };
  EXPECT_EQ(written({}, "good soup", "Good  bread!"), (Words{"good", "bread", "!"}));
  EXPECT_EQ(written({.unit = TextUnit::Characters}, "ab", "aéb"), (Words{"a", "é", "b"}));
  const Words pairs = written({.unit = TextUnit::Pairs}, "low low low lower", "low élow");
  std::string joined;
  for (const std::string& each : pairs) joined += each;
  EXPECT_EQ(joined, "low élow") << "nothing is lost";
  EXPECT_NE(std::ranges::find(pairs, "é"), pairs.end());
}

TEST(Tokenizer, FrequentPairsAreJoined) {
  const std::vector<std::string_view> texts{"low low low lower newest newest"};
  const TextFormat format{.unit = TextUnit::Pairs, .vocabulary = 15};
  Tokenizer tokenizer = learn(format, texts);
  // The characters by their frequency; then the pairs: "lo" and "ow" occur 4 times, so "lo" comes first.
  const Words& words = tokenizer.vocabulary();
  ASSERT_EQ(words.size(), 15u);
  EXPECT_EQ((Words{words.begin() + 2, words.begin() + 11}),
            (Words{"w", " ", "e", "l", "o", "n", "s", "t", "r"}));
  EXPECT_EQ((Words{words.begin() + 11, words.end()}), (Words{"lo", "low", " low", " n"}));
  EXPECT_EQ(encode(tokenizer, "low lower"), (Tokens{12, 13, 4, 10}));
  EXPECT_EQ(encode(tokenizer, "LOW?"), (Tokens{12, 1}));
  EXPECT_EQ(tokenizer.decode(encode(tokenizer, "new lower")), "new lower");
  EXPECT_EQ(encode(tokenizer, "low lower"), (Tokens{12, 13, 4, 10})) << "pieces are remembered";
}

TEST(Tokenizer, PairsThatOccurOnceAreNotJoined) {
  EXPECT_EQ(learn({.unit = TextUnit::Pairs}, {"abc"}).vocabulary().size(), 5u);
  EXPECT_EQ(learn({.unit = TextUnit::Pairs}, {"aaaa"}).vocabulary(),
            (Words{"<padding>", "<unknown>", "a", "aa"}));
}

TEST(Tokenizer, ALearnedVocabularyEncodesAlike) {
  for (const TextUnit unit : {TextUnit::Words, TextUnit::Characters, TextUnit::Pairs}) {
    const TextFormat format{.unit = unit};
    Tokenizer learned = learn(format, {"the cat and the hat", "that hat"});
    Tokenizer restored(format, learned.vocabulary());
    for (const std::string_view text : {"the hat", "That catch", "", "?"})
      EXPECT_EQ(encode(learned, text), encode(restored, text)) << nameOf(unit) << ": " << text;
  }
}

TEST(Tokenizer, CapitalLettersOfSeveralScriptsHaveALowerCase) {
  EXPECT_EQ(lowerCased("ÀÞ×ŁŸİŽ ΑΆΏΩ ЀЯҐ Ա ẞ 日"), "àþ×łÿiž αάώω ѐяґ ա ß 日");
  EXPECT_EQ(lowerCased("already small: ß ÷ ÿ"), "already small: ß ÷ ÿ");
}

}  // namespace
}  // namespace tandem
