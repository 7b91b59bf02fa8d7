#include "core/report/answer_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace tandem {
namespace {

// A group of rows with the same probability.
struct Threshold {
  double probability = 0;
  std::int64_t positive = 0, negative = 0;  // rows at or above it
};

// The highest probability first.
std::vector<Threshold> thresholdsOf(const ClassAnswers& answers, std::size_t of) {
  std::vector<std::size_t> order(answers.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::greater{}, [&](std::size_t row) { return answers.probability(row, of); });
  std::vector<Threshold> thresholds;
  std::int64_t positive = 0, negative = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const float probability = answers.probability(order[i], of);
    ++(answers.given[order[i]] == static_cast<std::int32_t>(of) ? positive : negative);
    if (i + 1 == order.size() || answers.probability(order[i + 1], of) != probability)
      thresholds.push_back({probability, positive, negative});
  }
  return thresholds;
}

double share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

ScoreCurve undefinedCurve() {
  return {{}, std::numeric_limits<double>::quiet_NaN()};
}

template <class Answers>
std::size_t samplesOf(const Answers& answers) {
  if (!answers.ends.empty()) return answers.ends.size();
  return answers.given.size() / static_cast<std::size_t>(answers.perSample);
}

struct SampleRows {
  std::size_t first = 0, end = 0;
  std::int64_t count() const { return static_cast<std::int64_t>(end - first); }
};

template <class Answers>
SampleRows rowsOf(const Answers& answers, std::size_t sample) {
  const auto width = static_cast<std::size_t>(answers.perSample);
  if (answers.ends.empty()) return {sample * width, (sample + 1) * width};
  return {sample == 0 ? 0 : answers.ends[sample - 1], answers.ends[sample]};
}

constexpr std::size_t kMaxPoints = 2000;
constexpr int kReliabilityBins = 10, kResidualBins = 40;

ScoreCurve thinned(ScoreCurve curve) {
  if (curve.points.size() <= kMaxPoints) return curve;
  std::vector<ThresholdPoint> few;
  for (std::size_t i = 0; i < kMaxPoints; ++i)
    few.push_back(curve.points[i * (curve.points.size() - 1) / (kMaxPoints - 1)]);
  curve.points = std::move(few);
  return curve;
}

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
    if (answers.perSample == 1) {
      each.given = answers.given[s];
      each.predicted = answers.predicted[s];
      each.probability = answers.probability(s, static_cast<std::size_t>(each.predicted));
      each.loss = answers.loss[s];
      continue;
    }
    const SampleRows rows = rowsOf(answers, s);
    std::int64_t correct = 0;
    for (std::size_t row = rows.first; row < rows.end; ++row) {
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
    RankedAnswer each{static_cast<std::int64_t>(s), row, column, 0, 0};
    const SampleRows rows = rowsOf(answers, s);
    std::int64_t here = 0;
    for (std::size_t i = rows.first; i < rows.end; ++i) {
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
  const std::vector<Threshold> thresholds = thresholdsOf(answers, of);
  if (thresholds.empty() || thresholds.back().positive == 0 || thresholds.back().negative == 0)
    return undefinedCurve();
  ScoreCurve curve;
  curve.points.push_back({std::numeric_limits<double>::infinity(), 0, 0});
  for (const Threshold& each : thresholds) {
    const ThresholdPoint before = curve.points.back();
    const ThresholdPoint point{each.probability, share(each.negative, thresholds.back().negative),
                               share(each.positive, thresholds.back().positive)};
    curve.area += (point.x - before.x) * (point.y + before.y) / 2;
    curve.points.push_back(point);
  }
  return curve;
}

ScoreCurve precisionRecallCurve(const ClassAnswers& answers, std::size_t of) {
  const std::vector<Threshold> thresholds = thresholdsOf(answers, of);
  if (thresholds.empty() || thresholds.back().positive == 0 || thresholds.back().negative == 0)
    return undefinedCurve();
  ScoreCurve curve;
  curve.points.push_back({std::numeric_limits<double>::infinity(), 0, 1});
  for (const Threshold& each : thresholds) {
    const ThresholdPoint point{each.probability, share(each.positive, thresholds.back().positive),
                               share(each.positive, each.positive + each.negative)};
    curve.area += (point.x - curve.points.back().x) * point.y;
    curve.points.push_back(point);
  }
  return curve;
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
    ranked[s].sample = static_cast<std::int64_t>(s);
    const SampleRows rows = rowsOf(answers, s);
    for (std::size_t i = rows.first; i < rows.end; ++i) {
      const double error = answers.predicted[i] - answers.given[i];
      ranked[s].loss += error * error / static_cast<double>(rows.count());
    }
  }
  sortByLoss(ranked);
  return ranked;
}

TargetAnalysis analyze(const TargetAnswers& answers) {
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
    for (std::size_t of = 0; of < own.classes.size(); ++of) {
      result.roc.push_back(thinned(rocCurve(own, of)));
      result.precisionRecall.push_back(thinned(precisionRecallCurve(own, of)));
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

std::string curvesCsv(const std::vector<std::string>& classes, const std::vector<ScoreCurve>& curves) {
  std::string out = "class,threshold,x,y\n";
  for (std::size_t of = 0; of < curves.size(); ++of)
    for (const ThresholdPoint& point : curves[of].points)
      out += fmt::format("{},{},{},{}\n", quotedCsv(classes[of]), point.threshold, point.x, point.y);
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
