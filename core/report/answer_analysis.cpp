#include "core/report/answer_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace tandem {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

struct RowRange {
  std::size_t begin = 0, end = 0;
  std::int64_t count() const { return static_cast<std::int64_t>(end - begin); }
};

template <class Answers>
RowRange rowsOf(const Answers& answers, std::size_t sample) {
  const auto width = static_cast<std::size_t>(answers.perSample);
  if (answers.ends.empty()) return {sample * width, (sample + 1) * width};
  return {sample == 0 ? 0 : answers.ends[sample - 1], answers.ends[sample]};
}

template <class Answers>
std::size_t samplesOf(const Answers& answers) {
  return answers.ends.empty() ? answers.given.size() / static_cast<std::size_t>(answers.perSample)
                              : answers.ends.size();
}

// The rows by their probability of a class, the highest first. There may be millions, of which each takes four bytes.
class SortedRows {
 public:
  SortedRows(const ClassAnswers& answers, std::size_t of) : keys_(answers.rows()) {
    // The bits of floats that are not negative are in the order of the floats. The last bit says whether the row is of
    // the class.
    for (std::size_t row = 0; row < keys_.size(); ++row) {
      const bool positive = answers.given[row] == static_cast<std::int32_t>(of);
      keys_[row] = std::bit_cast<std::uint32_t>(answers.probability(row, of)) << 1U | (positive ? 1U : 0U);
      ++(positive ? positive_ : negative_);
    }
    std::ranges::sort(keys_, std::greater{});
    for (std::size_t i = 0; i < keys_.size(); ++i) thresholds_ += endsThreshold(i) ? 1 : 0;
  }

  // most: points, besides the first and the last one. pointOf(probability, positive, negative): of the rows at or above
  // a probability. areaOf(before, point).
  template <class PointOf, class AreaOf>
  ScoreCurve curve(const ThresholdPoint& first, std::size_t most, const PointOf& pointOf,
                   const AreaOf& areaOf) const {
    if (positive_ == 0 || negative_ == 0) return {{}, std::numeric_limits<double>::quiet_NaN()};
    ScoreCurve curve;
    curve.points.push_back(first);
    ThresholdPoint before = first;
    std::int64_t positive = 0, negative = 0;
    std::size_t threshold = 0;
    const std::size_t stride = thresholds_ > most ? (thresholds_ + most - 1) / most : 1;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      ++((keys_[i] & 1U) != 0 ? positive : negative);
      if (!endsThreshold(i)) continue;
      const ThresholdPoint point = pointOf(std::bit_cast<float>(keys_[i] >> 1U), positive, negative);
      curve.area += areaOf(before, point);
      before = point;
      ++threshold;
      if (threshold % stride == 0 || threshold == thresholds_) curve.points.push_back(point);
    }
    return curve;
  }

  ScoreCurve roc(std::size_t most) const {
    const auto pointOf = [this](double probability, std::int64_t positive, std::int64_t negative) {
      return ThresholdPoint{probability, share(negative, negative_), share(positive, positive_)};
    };
    const auto areaOf = [](const ThresholdPoint& before, const ThresholdPoint& point) {
      return (point.x - before.x) * (point.y + before.y) / 2;
    };
    return curve({std::numeric_limits<double>::infinity(), 0, 0}, most, pointOf, areaOf);
  }

  ScoreCurve precisionRecall(std::size_t most) const {
    const auto pointOf = [this](double probability, std::int64_t positive, std::int64_t negative) {
      return ThresholdPoint{probability, share(positive, positive_), share(positive, positive + negative)};
    };
    const auto areaOf = [](const ThresholdPoint& before, const ThresholdPoint& point) {
      return (point.x - before.x) * point.y;
    };
    return curve({std::numeric_limits<double>::infinity(), 0, 1}, most, pointOf, areaOf);
  }

 private:
  // Whether the next row has another probability.
  bool endsThreshold(std::size_t i) const {
    return i + 1 == keys_.size() || keys_[i + 1] >> 1U != keys_[i] >> 1U;
  }

  std::vector<std::uint32_t> keys_;
  std::int64_t positive_ = 0, negative_ = 0;
  std::size_t thresholds_ = 0;
};

constexpr std::size_t kDrawnPoints = 2000, kAllPoints = std::numeric_limits<std::size_t>::max();
constexpr int kReliabilityBins = 10, kResidualBins = 40;

// A cell: empty for NaN.
std::string cell(double value) {
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

void sortByLoss(std::vector<RankedAnswer>& ranked) {
  std::ranges::stable_sort(ranked, std::greater{}, &RankedAnswer::loss);
}

}  // namespace

std::vector<RankedAnswer> hardestAnswers(const ClassAnswers& answers) {
  std::vector<RankedAnswer> ranked(samplesOf(answers));
  for (std::size_t s = 0; s < ranked.size(); ++s) {
    RankedAnswer& each = ranked[s];
    each.sample = static_cast<std::int64_t>(s);
    const RowRange rows = rowsOf(answers, s);
    if (answers.perSample == 1) {
      each.given = answers.given[s];
      each.predicted = answers.predicted[s];
      each.probability = answers.probability(s, static_cast<std::size_t>(each.predicted));
      each.loss = answers.loss[s];
      continue;
    }
    std::int64_t correct = 0;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      correct += answers.given[row] == answers.predicted[row] ? 1 : 0;
      each.loss += answers.loss[row] / static_cast<double>(rows.count());
    }
    each.probability = share(correct, rows.count());
  }
  sortByLoss(ranked);
  return ranked;
}

std::vector<RankedAnswer> cellAnswers(const ClassAnswers& answers, const std::vector<std::int32_t>& predicted,
                                      std::int32_t row, std::int32_t column) {
  std::vector<RankedAnswer> ranked;
  for (std::size_t s = 0; s < samplesOf(answers); ++s) {
    const RowRange rows = rowsOf(answers, s);
    RankedAnswer each{static_cast<std::int64_t>(s), row, column, 0, 0};
    std::int64_t here = 0;
    for (std::size_t i = rows.begin; i < rows.end; ++i) {
      each.loss += answers.loss[i] / static_cast<double>(rows.count());
      here += answers.given[i] == row && predicted[i] == column ? 1 : 0;
    }
    if (here == 0) continue;
    each.probability = answers.perSample == 1
                           ? static_cast<double>(answers.probability(s, static_cast<std::size_t>(column)))
                           : share(here, rows.count());
    ranked.push_back(each);
  }
  std::ranges::stable_sort(ranked, std::greater{}, &RankedAnswer::probability);
  return ranked;
}

std::vector<std::int32_t> predictedAt(const ClassAnswers& answers, double threshold) {
  TANDEM_CHECK(answers.classes.size() == 2, "two classes");
  std::vector<std::int32_t> predicted(answers.rows());
  for (std::size_t row = 0; row < predicted.size(); ++row)
    predicted[row] = static_cast<double>(answers.probability(row, 1)) > threshold ? 1 : 0;
  return predicted;
}

ClassCounts countsOf(const ClassAnswers& answers, const std::vector<std::int32_t>& predicted) {
  const std::size_t count = answers.classes.size();
  ClassCounts counts(count * count);
  for (std::size_t row = 0; row < answers.rows(); ++row)
    ++counts[static_cast<std::size_t>(answers.given[row]) * count + static_cast<std::size_t>(predicted[row])];
  return counts;
}

ScoreCurve rocCurve(const ClassAnswers& answers, std::size_t of) {
  return SortedRows(answers, of).roc(kAllPoints);
}

ScoreCurve precisionRecallCurve(const ClassAnswers& answers, std::size_t of) {
  return SortedRows(answers, of).precisionRecall(kAllPoints);
}

Reliability reliabilityOf(const ClassAnswers& answers, int bins) {
  Reliability result;
  result.bins.resize(static_cast<std::size_t>(bins));
  for (std::size_t row = 0; row < answers.rows(); ++row) {
    const double confidence = answers.probability(row, static_cast<std::size_t>(answers.predicted[row]));
    ReliabilityBin& bin =
        result.bins[static_cast<std::size_t>(std::clamp(static_cast<int>(confidence * bins), 0, bins - 1))];
    ++bin.rows;
    bin.confidence += confidence;
    bin.accuracy += answers.given[row] == answers.predicted[row] ? 1 : 0;
  }
  for (ReliabilityBin& bin : result.bins) {
    if (bin.rows == 0) continue;
    result.error += std::abs(bin.confidence - bin.accuracy) / static_cast<double>(answers.rows());
    bin.confidence /= static_cast<double>(bin.rows);
    bin.accuracy /= static_cast<double>(bin.rows);
  }
  return result;
}

Histogram residualHistogram(const ValueAnswers& answers, int bins) {
  Histogram result;
  result.counts.resize(static_cast<std::size_t>(bins));
  if (answers.given.empty()) return result;
  result.low = std::numeric_limits<double>::infinity();
  result.high = -result.low;
  const auto residual = [&](std::size_t i) { return answers.predicted[i] - answers.given[i]; };
  for (std::size_t i = 0; i < answers.given.size(); ++i) {
    result.low = std::min(result.low, residual(i));
    result.high = std::max(result.high, residual(i));
  }
  const double width = (result.high - result.low) / bins;
  for (std::size_t i = 0; i < answers.given.size(); ++i) {
    const int bin = width > 0 ? static_cast<int>((residual(i) - result.low) / width) : 0;
    ++result.counts[static_cast<std::size_t>(std::clamp(bin, 0, bins - 1))];
  }
  return result;
}

std::vector<RankedAnswer> hardestAnswers(const ValueAnswers& answers) {
  std::vector<RankedAnswer> ranked(samplesOf(answers));
  for (std::size_t s = 0; s < ranked.size(); ++s) {
    const RowRange rows = rowsOf(answers, s);
    ranked[s].sample = static_cast<std::int64_t>(s);
    for (std::size_t i = rows.begin; i < rows.end; ++i) {
      const double error = answers.predicted[i] - answers.given[i];
      ranked[s].loss += error * error / static_cast<double>(rows.count());
    }
  }
  sortByLoss(ranked);
  return ranked;
}

TargetAnalysis analyze(const TargetAnswers& answers, const std::function<bool()>& proceed) {
  TargetAnalysis result;
  if (!answers.ofClasses) {
    result.residuals = residualHistogram(answers.values, kResidualBins);
    result.hardest = hardestAnswers(answers.values);
    return result;
  }
  const ClassAnswers& own = answers.classes;
  if (own.classes.size() <= kMaxConfusedClasses) {
    result.counts = countsOf(own, own.predicted);
    result.scores = classScores(own.classes, result.counts);
  }
  if (own.classes.size() <= kMaxCurveClasses)
    for (std::size_t of = 0; of < own.classes.size() && (!proceed || proceed()); ++of) {
      const SortedRows sorted(own, of);
      result.roc.push_back(sorted.roc(kDrawnPoints));
      result.precisionRecall.push_back(sorted.precisionRecall(kDrawnPoints));
    }
  result.calibration = reliabilityOf(own, kReliabilityBins);
  result.hardest = hardestAnswers(own);
  return result;
}

std::string matrixCsv(const std::vector<std::string>& classes, const ClassCounts& counts) {
  std::string out = "class";
  for (const std::string& name : classes) out += ',' + quotedCsv("predicted as " + name);
  out += '\n';
  for (std::size_t row = 0; row < classes.size(); ++row) {
    out += quotedCsv(classes[row]);
    for (std::size_t column = 0; column < classes.size(); ++column)
      out += fmt::format(",{}", counts[row * classes.size() + column]);
    out += '\n';
  }
  return out;
}

std::string scoresCsv(const std::vector<ClassScore>& scores) {
  std::string out = "class,samples,precision,recall,f1,iou\n";
  for (const ClassScore& each : scores)
    out += fmt::format("{},{},{},{},{},{}\n", quotedCsv(each.name), each.samples, cell(each.precision()),
                       cell(each.recall()), cell(each.f1()), cell(each.iou()));
  return out;
}

std::string curvesCsv(const std::vector<std::string>& classes, const TargetAnalysis& analysis) {
  std::string out = "curve,class,threshold,x,y\n";
  for (const bool roc : {true, false}) {
    const std::vector<ScoreCurve>& curves = roc ? analysis.roc : analysis.precisionRecall;
    for (std::size_t of = 0; of < curves.size(); ++of)
      for (const ThresholdPoint& point : curves[of].points)
        out += fmt::format("{},{},{},{},{}\n", roc ? "ROC" : "precision-recall", quotedCsv(classes[of]),
                           point.threshold, point.x, point.y);
  }
  return out;
}

std::string reliabilityCsv(const Reliability& calibration) {
  std::string out = "rows,confidence,accuracy\n";
  for (const ReliabilityBin& bin : calibration.bins)
    if (bin.rows > 0) out += fmt::format("{},{},{}\n", bin.rows, bin.confidence, bin.accuracy);
  return out;
}

std::string quotedCsv(const std::string& text) {
  if (text.find_first_of(",\"\n\r;") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string samplesCsv(const ClassAnswers& answers, const std::vector<RankedAnswer>& ranked) {
  const bool several = answers.perSample > 1;
  std::string out = several ? "sample,share,loss\n" : "sample,given,predicted,probability,loss\n";
  for (const RankedAnswer& each : ranked) {
    out += fmt::format("{},", each.sample + 1);
    if (!several)
      out += fmt::format("{},{},", quotedCsv(answers.classes[static_cast<std::size_t>(each.given)]),
                         quotedCsv(answers.classes[static_cast<std::size_t>(each.predicted)]));
    out += fmt::format("{:.6g},{:.6g}\n", each.probability, each.loss);
  }
  return out;
}

std::string samplesCsv(const ValueAnswers& answers, const std::vector<RankedAnswer>& ranked) {
  const bool several = answers.perSample > 1;
  std::string out = several ? "sample,mse\n" : "sample,given,predicted,mse\n";
  for (const RankedAnswer& each : ranked) {
    const auto s = static_cast<std::size_t>(each.sample);
    out += several ? fmt::format("{},{:.6g}\n", each.sample + 1, each.loss)
                   : fmt::format("{},{},{},{:.6g}\n", each.sample + 1, answers.given[s], answers.predicted[s],
                                 each.loss);
  }
  return out;
}

}  // namespace tandem
