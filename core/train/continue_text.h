// Texts that a network writes: token by token, each one drawn from its predictions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/train/predictor.h"

namespace tandem {

struct Continuation {
  int tokens = 0;          // to write
  double temperature = 1;  // below 1: more often the probable ones; 0: always the most probable one
  std::int64_t seed = 1;
  // Called after each token with all that has been written; returns false to stop, which is no error.
  std::function<bool(const std::string& written)> progress = {};
};

// Whether the network predicts the next token of a text.
bool canContinueText(const Predictor& predictor);
// What follows `text`. Errors: the network does not continue texts, or the text is shorter than a window; `where` names it.
Result<std::string> continueText(Predictor& predictor, std::string_view text, const std::string& where,
                                 const Continuation& wanted);

}  // namespace tandem
