// Texts that a network writes: token by token, each one drawn from its predictions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/train/predictor.h"

namespace tandem::cli {

struct Continuation {
  int tokens = 0;          // to write
  double temperature = 1;  // below 1: more often the probable ones; 0: always the most probable one
  std::int64_t seed = 1;
};

// What follows `text`. Errors: the network does not continue texts, or the text is shorter than a window; `where` names it.
Result<std::string> continueText(Predictor& predictor, std::string_view text, const std::string& where,
                                 const Continuation& wanted);

}  // namespace tandem::cli
