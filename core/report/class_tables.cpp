#include "core/report/class_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/page/html_page.h"
#include "core/page/markup.h"
#include "core/text/spaced.h"
#include "core/train/evaluation.h"

namespace tandem {
namespace {

using html::cell, html::headerRow;

constexpr std::size_t kMatrixClasses = 20, kConfusions = 20, kScoreRows = 100;

// A cell whose background shows its share of the samples of the class.
std::string matrixCell(std::int64_t count, std::int64_t samples, bool correct) {
  const double share = samples > 0 ? static_cast<double>(count) / static_cast<double>(samples) : 0;
  return fmt::format("<td class=n style='background:rgba({},{:.2f})' title='{:.1f} % of the class'>{}</td>",
                     correct ? "22,163,74" : "220,38,38", 0.6 * share, 100 * share, count);
}

std::string matrixTable(const RunMatrix& matrix, const std::vector<ClassScore>& scores) {
  const std::size_t count = scores.size();
  std::string out =
      "<p class=m>Rows: true class; columns: predicted class.</p>\n<div class=wide><table><tr><th></th>";
  for (const ClassScore& each : scores) out += fmt::format("<th class=n>{}</th>", escaped(each.name));
  out += "</tr>\n";
  for (std::size_t t = 0; t < count; ++t) {
    out += fmt::format("<tr><th class=l>{}</th>", escaped(scores[t].name));
    for (std::size_t p = 0; p < count; ++p)
      out += matrixCell(matrix.counts[t * count + p], scores[t].samples, t == p);
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string confusionsTable(const RunMatrix& matrix, const std::vector<ClassScore>& scores) {
  const std::size_t count = scores.size();
  const std::vector<std::size_t> wrong = frequentConfusions(matrix.counts, count, kConfusions);
  if (wrong.empty()) return "<p>All samples are predicted correctly.</p>\n";
  std::string out = "<table>" + headerRow({"Samples", "Class", "Predicted as"});
  for (const std::size_t i : wrong)
    out += "<tr>" + cell(fmt::format("{}", matrix.counts[i]), true) + cell(scores[i / count].name) +
           cell(scores[i % count].name) + "</tr>\n";
  return out + "</table>\n";
}

std::string scoreText(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.3f}", value);
}

// The worst first; classes without samples last.
std::string scoresTable(std::vector<ClassScore> scores) {
  std::ranges::stable_sort(scores, {},
                           [](const ClassScore& each) { return each.samples > 0 ? each.f1() : 2.0; });
  std::string out = "<table>" + headerRow({"Class", "Samples", "Precision", "Recall", "F1"});
  for (std::size_t i = 0; i < std::min(scores.size(), kScoreRows); ++i) {
    const ClassScore& each = scores[i];
    out += "<tr>" + cell(each.name) + cell(fmt::format("{}", each.samples), true) +
           cell(scoreText(each.precision()), true) + cell(scoreText(each.recall()), true) +
           cell(scoreText(each.f1()), true) + "</tr>\n";
  }
  out += "</table>\n";
  if (scores.size() > kScoreRows)
    out += fmt::format("<p class=m>{} more are not listed.</p>\n", scores.size() - kScoreRows);
  return out;
}

}  // namespace

std::string classTables(const RunMatrix& matrix) {
  const std::vector<ClassScore> scores = classScores(matrix.classes, matrix.counts);
  std::string title = spacedReport(matrix.name);
  title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return fmt::format("<h3>{} ({})</h3>\n", escaped(title), escaped(matrix.samplesText())) +
         (scores.size() <= kMatrixClasses ? matrixTable(matrix, scores) : confusionsTable(matrix, scores)) +
         "<h3>Scores by class</h3>\n" + scoresTable(scores);
}

}  // namespace tandem
