#include "core/twin/cards.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <type_traits>
#include <utility>

#include "core/base/file.h"
#include "core/json/fields.h"
#include "core/text/enumeration.h"

namespace tandem {
namespace fs = std::filesystem;

namespace {

constexpr double kGibi = 1 << 30, kGiga = 1e9, kTera = 1e12;
constexpr double kUsableShare = 0.92;  // a T4 of 16 GiB offers 14.75, an RTX 4090 of 24 GiB 23.6
constexpr std::size_t kMostCards = 500, kMostBytes = 1 << 20, kNearest = 3;

}  // namespace

template <class Fields, class C>
requires std::same_as<C, Card>
void describe(Fields& f, C& c) {
  const auto scaled = [&f](std::string_view key, double& value, double unit, double low, double high) {
    double number = 0;
    f.number(key, number, low, high);
    value = number * unit;
  };
  double capability = 0, year = 0;
  f.text("name", c.name, 100);
  f.number("capability", capability, 1, 99);
  c.capability = static_cast<int>(std::lround(10 * capability));
  scaled("memory_gb", c.memoryBytes, kGibi, 0.5, 10000);
  scaled("bandwidth_gb_s", c.bandwidth, kGiga, 1, 1e6);
  scaled("fp32_tflops", c.fp32, kTera, 0.001, 1e6);
  scaled("tf32_tflops", c.tf32, kTera, 0.001, 1e6);
  scaled("bf16_tflops", c.bf16, kTera, 0.001, 1e6);
  scaled("fp16_tflops", c.fp16, kTera, 0.001, 1e6);
  f.number("watts", c.watts, 1, 1e5);
  f.number("year", year, 2006, 2100);
  c.year = static_cast<int>(year);
  f.number("price_usd", c.price, 0, 1e7);
  f.text("price_date", c.priceDate, 20);
}

namespace {

// "NVIDIA GeForce RTX 4090" -> "rtx4090".
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string_view word : {"nvidia", "geforce", "quadro", "tesla"})
    if (const std::size_t at = text.find(word); at != std::string::npos) text.erase(at, word.size());
  return text;
}

// The fewest letters to insert, remove or replace (Levenshtein).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

Status check(const std::vector<Card>& cards, const Path& list) {
  if (cards.empty()) return at(list, "the list is empty", "Add a card, or remove the file");
  for (std::size_t i = 0; i < cards.size(); ++i) {
    const Card& card = cards[i];
    const Path path = list.item(i);
    if (plain(card.name).empty()) return at(path.member("name"), "is missing");
    const std::pair<std::string_view, double> needed[] = {{"capability", card.capability},
                                                          {"memory_gb", card.memoryBytes},
                                                          {"bandwidth_gb_s", card.bandwidth},
                                                          {"fp32_tflops", card.fp32}};
    for (const auto& [key, value] : needed)
      if (value <= 0) return at(path.member(key), "is missing");
    for (std::size_t k = 0; k < i; ++k)
      if (plain(cards[k].name) == plain(card.name))
        return at(path.member("name"), "two cards are called " + inQuotes(card.name), "Rename one of them");
  }
  return success();
}

}  // namespace

double Card::flops(Precision precision) const {
  switch (precision) {
    case Precision::Tf32:
      return tf32;
    case Precision::Bf16:
      return bf16;
    case Precision::Fp16:
      return fp16;
    default:
      return fp32;
  }
}

std::size_t Card::usableBytes() const {
  return static_cast<std::size_t>(kUsableShare * memoryBytes);
}

Result<std::vector<Card>> cardsFromJson(std::string_view text, const std::string& source) {
  const auto read = [&]() -> Result<std::vector<Card>> {
    TANDEM_ASSIGN(const Json json, parseJson(text));
    if (!json.is_object()) return invalid("is not a list of cards", {}, "See resources/cards.json");
    const Path root;
    FieldReader reader(json, root);
    std::vector<std::string> about;
    reader.texts("about", about);
    std::vector<Card> cards;
    reader.objects("cards", cards, kMostCards);
    TANDEM_TRY(reader.finish());
    TANDEM_TRY(check(cards, root.member("cards")));
    return cards;
  };
  auto cards = read();
  if (cards.ok()) return cards;
  Error error = std::move(cards).error();
  error.where = error.where.empty() ? source : source + ": " + error.where;
  return error;
}

fs::path ownCardsFile() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config != '\0') return fs::path(config) / "tandem" / "cards.json";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".config" / "tandem" / "cards.json";
  return {};
}

Result<CardList> loadCards(const fs::path& own) {
  CardList list;
  std::error_code ignored;
  if (own.empty() || !fs::exists(own, ignored)) {
    TANDEM_ASSIGN(list.cards, cardsFromJson(builtinCards(), "resources/cards.json"));
    return list;
  }
  TANDEM_ASSIGN(const std::string text, readTextFile(own, kMostBytes));
  TANDEM_ASSIGN(list.cards, cardsFromJson(text, own.string()));
  list.file = own;
  return list;
}

Status createOwnCards(const fs::path& own) {
  if (own.empty())
    return Error{
        ErrorCode::NotFound, "the configuration folder is unknown", {}, "Set HOME or XDG_CONFIG_HOME"};
  std::error_code problem;
  if (fs::exists(own, problem)) return success();
  fs::create_directories(own.parent_path(), problem);
  if (problem) return fileError(own.parent_path(), "create the folder", problem.value());
  return writeFileAtomically(own, builtinCards());
}

Result<Card> findCard(std::span<const Card> cards, std::string_view name) {
  const std::string wanted = plain(name);
  std::vector<const Card*> containing, nearest;
  for (const Card& card : cards) {
    if (plain(card.name) == wanted) return card;
    if (!wanted.empty() && plain(card.name).find(wanted) != std::string::npos) containing.push_back(&card);
    nearest.push_back(&card);
  }
  if (containing.size() == 1) return *containing.front();
  std::ranges::stable_sort(nearest, {}, [&](const Card* card) { return edits(plain(card->name), wanted); });
  if (nearest.size() > kNearest) nearest.resize(kNearest);
  const bool several = !containing.empty();
  std::vector<std::string> names;
  for (const Card* card : several ? containing : nearest) names.push_back(card->name);
  return Error{ErrorCode::NotFound,
               several ? "several cards have this name in theirs" : "there is no such card in the list",
               std::string(name),
               (several ? "Choose one of: " : "The nearest names are: ") + enumerated(names, kMostCards) +
                   (several ? "" : ". `tandem check PROJECT --cards` shows all of them")};
}

}  // namespace tandem
