// The options --card and --cards of `tandem check`: the network on GPUs that are not in this machine.
#pragma once

#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "core/twin/card_forecast.h"

namespace tandem::cli {

struct CardOptions {
  std::vector<std::string> names;
  bool all = false, json = false;

  bool any() const { return all || !names.empty(); }
  // The cards that they name, in that order. Errors: the list of cards is damaged or lacks one of them; --json alone.
  Result<CardList> chosen() const;
};
void addCardOptions(Command command, CardOptions& options);

void printCards(const std::vector<CardForecast>& cards, const CardList& list);
void printCardsJson(const std::vector<CardForecast>& cards);

}  // namespace tandem::cli
