// What a network answers for each labelled sample: what the views of an evaluation show (core/report/answer_analysis.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/network/output_meaning.h"

namespace tandem {

struct ClassAnswers {
  std::vector<std::string> classes;
  std::vector<std::int32_t> given, predicted;  // of each row
  std::vector<float> probabilities;            // (rows, classes)
  std::vector<double> loss;                    // of each row: the cross-entropy
  std::int64_t perSample = 1;                  // rows of a sample: its pixels or steps
  // Of samples that differ in length: where the rows of each one end; perSample is then that of the longest.
  std::vector<std::size_t> ends = {};

  std::size_t rows() const { return given.size(); }
  float probability(std::size_t row, std::size_t of) const {
    return probabilities[row * classes.size() + of];
  }
};

struct ValueAnswers {
  std::vector<double> given, predicted;  // in the unit of the target
  std::int64_t perSample = 1;
  std::vector<std::size_t> ends = {};  // as those of classes
};

// Of one target of one output.
struct TargetAnswers {
  std::string layer, name;
  bool ofClasses = false;  // says which of the two is filled
  ClassAnswers classes;
  ValueAnswers values;
};

// outputs: (rows, classes) as Predictor::run() returns them; a single column is that of the second of two classes.
ClassAnswers classAnswers(std::span<const float> outputs, OutputMeaning meaning,
                          std::span<const std::int32_t> classOf, const std::vector<std::string>& classNames);

// The Error if predictions are NaN or infinite.
Status checkFinite(std::span<const float> outputs, const std::string& layer);

}  // namespace tandem
