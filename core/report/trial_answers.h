// What the outputs of a network say about one sample, as bars and numbers. Used by trial.h.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/report/trial.h"

namespace tandem {

// values: of one sample, as Predictor::predict() returns them.
Status addAnswers(const Predictor& predictor, const PredictorOutput& output, std::span<const float> values,
                  std::vector<TrialAnswer>& answers, std::vector<std::string>& notes);

}  // namespace tandem
