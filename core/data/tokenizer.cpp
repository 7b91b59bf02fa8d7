#include "core/data/tokenizer.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "core/data/characters.h"
#include "core/data/token_pairs.h"

namespace tandem {
namespace {

template <class Visit>
void forEachCharacter(std::string_view text, const Visit& visit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    nextCharacter(text, at);
    visit(text.substr(from, at - from));
  }
}

// Endless words, such as of encoded pictures, are cut: a vocabulary is part of each checkpoint.
template <class Visit>
void forEachWord(std::string_view text, const Visit& visit) {
  constexpr std::size_t kNone = std::string_view::npos, kLongest = 1000;  // bytes
  std::size_t word = kNone;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const CharacterKind kind = kindOf(nextCharacter(text, at));
    if (kind == CharacterKind::Letter) {
      if (word != kNone && from - word >= kLongest) {
        visit(text.substr(word, from - word));
        word = kNone;
      }
      if (word == kNone) word = from;
      continue;
    }
    if (word != kNone) visit(text.substr(word, from - word));
    word = kNone;
    if (kind != CharacterKind::Space) visit(text.substr(from, at - from));
  }
  if (word != kNone) visit(text.substr(word));
}

// Characters are joined within pieces only: a run of characters of one kind, with the space before it.
template <class Visit>
void forEachPiece(std::string_view text, const Visit& visit) {
  constexpr std::size_t kLongest = 64;  // characters; joining takes the square of them
  std::size_t start = 0, length = 0;
  auto last = CharacterKind::Letter;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const CharacterKind kind = kindOf(nextCharacter(text, at));
    const bool same = kind == last || last == CharacterKind::Space;
    if (length > 0 && (kind == CharacterKind::Space || !same || length == kLongest)) {
      visit(text.substr(start, from - start));
      start = from;
      length = 0;
    }
    ++length;
    last = kind;
  }
  if (length > 0) visit(text.substr(start));
}

// The most frequent ones, at most `most`.
std::vector<std::string> frequent(const TokenCounts& counts, std::size_t most) {
  std::vector<std::pair<std::string_view, std::int64_t>> order(counts.begin(), counts.end());
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (order.size() > most) order.resize(most);
  std::vector<std::string> tokens;
  for (const auto& [token, _] : order) tokens.emplace_back(token);
  return tokens;
}

void count(TokenCounts& counts, std::string_view token) {
  const auto known = counts.find(token);
  if (known != counts.end())
    ++known->second;
  else
    counts.emplace(token, 1);
}

}  // namespace

std::string_view nameOf(TextUnit unit) {
  constexpr std::array<std::string_view, 3> kNames{"words", "characters", "pairs"};
  return kNames.at(static_cast<std::size_t>(unit));
}

bool isVocabulary(std::span<const std::string> tokens) {
  return tokens.size() > static_cast<std::size_t>(kFirstToken) && tokens[kPadding] == kPaddingToken &&
         tokens[kUnknown] == kUnknownToken;
}

Tokenizer Tokenizer::learn(const TextFormat& format, std::span<const std::string_view> texts,
                           const std::function<bool()>& stop) {
  TokenCounts counts;  // of pairs: of the pieces
  const auto visit = [&](std::string_view token) { count(counts, token); };
  for (const std::string_view each : texts) {
    if (stop && stop()) break;
    std::string lower;
    if (format.lowerCase) lower = lowerCased(each);
    const std::string_view text = format.lowerCase ? std::string_view(lower) : each;
    if (format.unit == TextUnit::Words) forEachWord(text, visit);
    if (format.unit == TextUnit::Characters) forEachCharacter(text, visit);
    if (format.unit == TextUnit::Pairs) forEachPiece(text, visit);
  }
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(format.vocabulary, kFirstToken + 1)) -
                    static_cast<std::size_t>(kFirstToken);
  std::vector<std::string> tokens;
  if (format.unit == TextUnit::Pairs) {
    TokenCounts characters;
    for (const auto& [piece, times] : counts)
      forEachCharacter(piece, [&characters, times = times](std::string_view one) {
        characters[std::string(one)] += times;
      });
    tokens = joinPairs(counts, frequent(characters, most), most, stop);
  } else {
    tokens = frequent(counts, most);
  }
  tokens.insert(tokens.begin(), {std::string(kPaddingToken), std::string(kUnknownToken)});
  return {format, std::move(tokens)};
}

Tokenizer::Tokenizer(const TextFormat& format, std::vector<std::string> vocabulary)
    : format_(format), vocabulary_(std::move(vocabulary)) {
  for (std::size_t i = kFirstToken; i < vocabulary_.size(); ++i)
    indexOf_.emplace(vocabulary_[i], static_cast<std::int32_t>(i));
}

std::int32_t Tokenizer::find(std::string_view token) const {
  const auto found = indexOf_.find(token);
  return found == indexOf_.end() ? kUnknown : found->second;
}

void Tokenizer::encode(std::string_view text, std::vector<std::int32_t>& tokens,
                       std::vector<std::string>* written) {
  std::string lower;
  if (format_.lowerCase) {
    lower = lowerCased(text);
    text = lower;
  }
  const auto visit = [&](std::string_view token) {
    tokens.push_back(find(token));
    if (written != nullptr) written->emplace_back(token);
  };
  if (format_.unit == TextUnit::Words) forEachWord(text, visit);
  if (format_.unit == TextUnit::Characters) forEachCharacter(text, visit);
  if (format_.unit != TextUnit::Pairs) return;
  forEachPiece(text, [&](std::string_view piece) {
    const std::size_t first = tokens.size();
    encodePairs(piece, tokens);
    if (written == nullptr) return;
    std::size_t at = 0;  // the tokens of a piece cover it; an unknown one is a character
    for (std::size_t i = first; i < tokens.size(); ++i) {
      const std::size_t from = at;
      if (tokens[i] == kUnknown)
        nextCharacter(piece, at);
      else
        at += vocabulary_[static_cast<std::size_t>(tokens[i])].size();
      written->emplace_back(piece.substr(from, at - from));
    }
  });
}

// Joins two neighbours to the token that comes first in the vocabulary, as long as any two are a token.
void Tokenizer::encodePairs(std::string_view piece, std::vector<std::int32_t>& tokens) {
  constexpr std::size_t kMostPieces = 1'000'000;
  if (const auto known = pieces_.find(std::string(piece)); known != pieces_.end()) {
    tokens.insert(tokens.end(), known->second.begin(), known->second.end());
    return;
  }
  std::vector<std::string_view> parts;
  forEachCharacter(piece, [&](std::string_view one) { parts.push_back(one); });
  for (;;) {
    std::size_t best = parts.size();
    std::int32_t first = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::string_view both(parts[i].data(), parts[i].size() + parts[i + 1].size());
      const std::int32_t token = find(both);
      if (token != kUnknown && (best == parts.size() || token < first)) {
        best = i;
        first = token;
      }
    }
    if (best == parts.size()) break;
    parts[best] = std::string_view(parts[best].data(), parts[best].size() + parts[best + 1].size());
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  std::vector<std::int32_t> encoded;
  for (const std::string_view part : parts) encoded.push_back(find(part));
  tokens.insert(tokens.end(), encoded.begin(), encoded.end());
  if (pieces_.size() < kMostPieces) pieces_.emplace(piece, std::move(encoded));
}

std::string Tokenizer::decode(std::span<const std::int32_t> tokens) const {
  std::string text;
  for (const std::int32_t token : tokens) {
    if (token == kPadding) continue;
    if (format_.unit == TextUnit::Words && !text.empty()) text += ' ';
    text += vocabulary_[static_cast<std::size_t>(token)];
  }
  return text;
}

}  // namespace tandem
