// The GPUs that a forecast can be made for without having them: their data sheets, from resources/cards.json or the
// user's copy of it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/runtime/plan.h"

namespace tandem {

// A number that the data sheet does not state is 0.
struct Card {
  std::string name;                     // "GeForce RTX 4090"
  int capability = 0;                   // 89 for 8.9
  double memoryBytes = 0;               // as sold: 24 GiB
  double bandwidth = 0;                 // bytes/s
  double fp32 = 0;                      // FLOP/s
  double tf32 = 0, bf16 = 0, fp16 = 0;  // FLOP/s of products on tensor cores, dense, accumulated in fp32
  double watts = 0;
  int year = 0;
  double price = 0;       // USD
  std::string priceDate;  // "2022-10"

  double flops(Precision precision) const;
  // What a program can allocate: error correction takes up to a sixteenth of GDDR memory, and the driver its part.
  std::size_t usableBytes() const;
};

struct CardList {
  std::vector<Card> cards;
  std::filesystem::path file;  // the user's copy; empty: the built-in list
};

// The built-in list, as JSON.
std::string_view builtinCards();
// Errors name the place in the text: the line and column, or the field.
Result<std::vector<Card>> cardsFromJson(std::string_view text, const std::string& source);

// The user's copy: tandem/cards.json in $XDG_CONFIG_HOME, or in ~/.config; empty if neither is known.
std::filesystem::path ownCardsFile();
// The user's copy if there is one, else the built-in list.
Result<CardList> loadCards(const std::filesystem::path& own = ownCardsFile());
// Writes the built-in list to `own`, to be edited, unless it exists.
Status createOwnCards(const std::filesystem::path& own = ownCardsFile());

// The card of that name, or the only one whose name contains it. Upper case, spaces and the words NVIDIA, GeForce, Quadro
// and Tesla do not matter: "rtx4090". Errors name those that match, or the nearest ones.
Result<Card> findCard(std::span<const Card> cards, std::string_view name);

}  // namespace tandem
