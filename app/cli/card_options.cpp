#include "app/cli/card_options.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "core/text/units.h"

namespace tandem::cli {
namespace {

std::string memoryText(const CardForecast& forecast, const CardTime& time) {
  std::string text = fmt::format("{} of {}", bytesText(static_cast<double>(time.memory.total())),
                                 bytesText(static_cast<double>(forecast.card.usableBytes())));
  if (time.fits) return text;
  return text + (time.largestBatch > 0 ? fmt::format(", a batch size of {} fits", time.largestBatch)
                                       : std::string(", does not fit"));
}

nlohmann::json jsonOf(const CardForecast& forecast, const CardTime& time) {
  nlohmann::json line{{"event", "card"},
                      {"card", forecast.card.name},
                      {"precision", std::string(nameOf(time.precision))},
                      {"batch", forecast.batch}};
  if (!time.problem.empty()) {
    line["problem"] = time.problem;
    return line;
  }
  const auto batch = static_cast<double>(forecast.batch);
  line["step_seconds"] = {time.fastest, time.slowest};
  line["samples_per_second"] = {batch / time.slowest, batch / time.fastest};
  line["bound"] = time.bound;
  line["memory_bytes"] = time.memory.total();
  line["card_bytes"] = forecast.card.usableBytes();
  line["fits"] = time.fits;
  if (!time.fits) line["largest_batch"] = time.largestBatch;
  return line;
}

}  // namespace

Result<CardList> CardOptions::chosen() const {
  if (!any() && json) return invalid("prints cards only", "--json", "Add --cards, or --card with a name");
  if (!any()) return CardList{};
  TANDEM_ASSIGN(CardList list, loadCards());
  if (all) return list;
  std::vector<Card> named;
  for (const std::string& name : names) {
    TANDEM_ASSIGN(Card card, findCard(list.cards, name));
    named.push_back(std::move(card));
  }
  list.cards = std::move(named);
  return list;
}

void addCardOptions(Command command, CardOptions& options) {
  const Option card = command
                          .option("--card", options.names,
                                  "Forecast for a GPU that is not in this machine, by its name (repeatable)")
                          .oneAtATime();
  command.flag("--cards", options.all, "Forecast for every GPU in the list of cards").excludes(card);
  command.flag("--json", options.json,
               "With --card or --cards: print one JSON object per card and precision");
}

void printCards(const std::vector<CardForecast>& cards, const CardList& list) {
  if (cards.empty()) return;
  std::cout << cardAssumptions() << '\n';
  std::cout << fmt::format("Cards at batch {}{}:\n", cards.front().batch,
                           list.file.empty() ? "" : ", from " + list.file.string());
  std::cout << fmt::format("{:<22} {:<9} {:>17} {:>21}  {:<13}  {}\n", "card", "precision", "ms per step",
                           "samples/s", "limited by", "memory");
  for (const CardForecast& forecast : cards) {
    if (!forecast.problem.empty())
      std::cout << fmt::format("{:<22} cannot be used: {}\n", forecast.card.name, forecast.problem);
    for (const CardTime& time : forecast.times) {
      const std::string start = fmt::format("{:<22} {:<9}", forecast.card.name, nameOf(time.precision));
      if (!time.problem.empty()) {
        std::cout << fmt::format("{} {}\n", start, time.problem);
        continue;
      }
      const auto batch = static_cast<double>(forecast.batch);
      const std::string step = fmt::format("{:.3g} to {:.3g}", 1e3 * time.fastest, 1e3 * time.slowest);
      const std::string rate =
          fmt::format("{} to {}", countText(batch / time.slowest), countText(batch / time.fastest));
      std::cout << fmt::format("{} {:>17} {:>21}  {:<13}  {}\n", start, step, rate, time.bound,
                               memoryText(forecast, time));
    }
  }
}

void printCardsJson(const std::vector<CardForecast>& cards) {
  for (const CardForecast& forecast : cards) {
    if (!forecast.problem.empty())
      std::cout << jsonLine({{"event", "card"}, {"card", forecast.card.name}, {"problem", forecast.problem}})
                << '\n';
    for (const CardTime& time : forecast.times) std::cout << jsonLine(jsonOf(forecast, time)) << '\n';
  }
}

}  // namespace tandem::cli
