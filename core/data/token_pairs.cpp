#include "core/data/token_pairs.h"

#include <algorithm>
#include <queue>
#include <set>
#include <utility>

#include "core/data/characters.h"

namespace tandem {
namespace {

constexpr std::int32_t kNone = -1;  // a character that is not among the tokens

using Pair = std::pair<std::int32_t, std::int32_t>;

struct Piece {
  std::vector<std::int32_t> tokens;
  std::int64_t count = 0;
};

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(static_cast<std::uint32_t>(pair.first))
                                          << 32 |
                                      static_cast<std::uint32_t>(pair.second));
  }
};

class Joiner {
 public:
  Joiner(const TokenCounts& pieces, std::vector<std::string> characters) : tokens_(std::move(characters)) {
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      indexOf_.emplace(tokens_[i], static_cast<std::int32_t>(i));
    for (const auto& [text, count] : pieces) {
      Piece& piece = pieces_.emplace_back();
      piece.count = count;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t from = at;
        nextCharacter(text, at);
        const auto found = indexOf_.find(text.substr(from, at - from));
        piece.tokens.push_back(found == indexOf_.end() ? kNone : found->second);
      }
    }
    for (std::size_t p = 0; p < pieces_.size(); ++p)
      forEachPair(pieces_[p], [&](const Pair& pair) {
        Occurrences& all = occurrences_[pair];
        all.count += pieces_[p].count;
        all.pieces.push_back(p);
      });
    for (const auto& [pair, all] : occurrences_) offer(pair, all.count);
  }

  std::vector<std::string> run(std::size_t most, const std::function<bool()>& stop) {
    while (tokens_.size() < most && !best_.empty() && !(stop && stop())) {
      const Candidate top = best_.top();
      best_.pop();
      const std::int64_t count = occurrences_[top.pair].count;
      if (count == top.count)
        join(top.pair, top.text);
      else
        offer(top.pair, count);  // it has changed since it was offered
    }
    return std::move(tokens_);
  }

 private:
  struct Occurrences {
    std::int64_t count = 0;
    std::vector<std::size_t> pieces;  // some may contain the pair no more
  };
  struct Candidate {
    std::int64_t count = 0;
    std::string text;
    Pair pair;
    bool operator<(const Candidate& other) const {  // the greatest is joined first
      if (count != other.count) return count < other.count;
      if (text != other.text) return text > other.text;
      return pair > other.pair;
    }
  };

  template <class Visit>
  static void forEachPair(const Piece& piece, const Visit& visit) {
    for (std::size_t i = 0; i + 1 < piece.tokens.size(); ++i)
      if (piece.tokens[i] != kNone && piece.tokens[i + 1] != kNone)
        visit(Pair{piece.tokens[i], piece.tokens[i + 1]});
  }

  void offer(const Pair& pair, std::int64_t count) {
    if (count < 2) return;
    best_.push(
        {count,
         tokens_[static_cast<std::size_t>(pair.first)] + tokens_[static_cast<std::size_t>(pair.second)],
         pair});
  }

  void join(const Pair& pair, const std::string& text) {
    // Two different pairs may be the same text, which is one token.
    const auto known = indexOf_.emplace(text, static_cast<std::int32_t>(tokens_.size()));
    if (known.second) tokens_.push_back(text);
    const std::int32_t joined = known.first->second;
    const std::vector<std::size_t> pieces = std::move(occurrences_[pair].pieces);
    occurrences_[pair].pieces.clear();
    std::set<Pair> changed;
    for (const std::size_t p : pieces) {
      Piece& piece = pieces_[p];
      if (!contains(piece, pair)) continue;
      forEachPair(piece, [&](const Pair& old) { occurrences_[old].count -= piece.count; });
      replace(piece.tokens, pair, joined);
      forEachPair(piece, [&](const Pair& now) {
        Occurrences& all = occurrences_[now];
        all.count += piece.count;
        if (now.first != joined && now.second != joined) return;
        all.pieces.push_back(p);
        changed.insert(now);
      });
    }
    for (const Pair& each : changed) offer(each, occurrences_[each].count);
  }

  static bool contains(const Piece& piece, const Pair& pair) {
    bool found = false;
    forEachPair(piece, [&](const Pair& each) { found = found || each == pair; });
    return found;
  }

  static void replace(std::vector<std::int32_t>& tokens, const Pair& pair, std::int32_t joined) {
    std::size_t to = 0;
    for (std::size_t from = 0; from < tokens.size(); ++to) {
      const bool both =
          from + 1 < tokens.size() && tokens[from] == pair.first && tokens[from + 1] == pair.second;
      tokens[to] = both ? joined : tokens[from];
      from += both ? 2 : 1;
    }
    tokens.resize(to);
  }

  std::vector<std::string> tokens_;
  std::unordered_map<std::string, std::int32_t> indexOf_;
  std::vector<Piece> pieces_;
  std::unordered_map<Pair, Occurrences, PairHash> occurrences_;
  std::priority_queue<Candidate> best_;
};

}  // namespace

std::vector<std::string> joinPairs(const TokenCounts& pieces, std::vector<std::string> characters,
                                   std::size_t most, const std::function<bool()>& stop) {
  return Joiner(pieces, std::move(characters)).run(most, stop);
}

}  // namespace tandem
