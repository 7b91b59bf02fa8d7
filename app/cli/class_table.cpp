#include "app/cli/class_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

namespace tandem::cli {
namespace {

// Three digits, or "-" where there is nothing to divide by.
std::string share(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.3f}", value);
}

}  // namespace

std::string shownName(std::string_view name) {
  std::string shown;
  for (const char c : name) {
    if (c == '\n')
      shown += "\\n";
    else if (c == '\t')
      shown += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      shown += c;
  }
  const bool bounded = !name.empty() && name.front() != ' ' && name.back() != ' ';
  return bounded ? shown : '"' + shown + '"';
}

void printClassTable(std::span<const ClassScore> classes) {
  std::cout << fmt::format("{:<24} {:>9} {:>10} {:>8} {:>8}\n", "class", "samples", "precision", "recall",
                           "F1");
  for (const ClassScore& each : classes)
    std::cout << fmt::format("{:<24} {:>9} {:>10} {:>8} {:>8}\n", shownName(each.name), each.samples,
                             share(each.precision()), share(each.recall()), share(each.f1()));
}

void printConfusion(std::span<const ClassScore> classes, const ClassCounts& confusion,
                    std::string_view hint) {
  constexpr std::size_t kWidest = 12;
  const std::size_t count = classes.size();
  if (confusion.empty()) return;
  if (count <= kWidest) {
    std::size_t width = 6;
    for (const ClassScore& each : classes)
      width = std::max(width, std::min<std::size_t>(10, shownName(each.name).size()));
    std::cout << "\nConfusion matrix (rows: true class, columns: predicted class)\n"
              << fmt::format("{:<16}", "");
    for (const ClassScore& each : classes)
      std::cout << fmt::format(" {:>{}.{}}", shownName(each.name), width, width);
    std::cout << '\n';
    for (std::size_t t = 0; t < count; ++t) {
      std::cout << fmt::format("{:<16.16}", shownName(classes[t].name));
      for (std::size_t p = 0; p < count; ++p)
        std::cout << fmt::format(" {:>{}}", confusion[t * count + p], width);
      std::cout << '\n';
    }
    return;
  }
  std::cout << fmt::format("\nMost frequent confusions ({})\n", hint);
  for (const std::size_t i : frequentConfusions(confusion, count, 20))
    std::cout << fmt::format("{:>8}  {} predicted as {}\n", confusion[i], shownName(classes[i / count].name),
                             shownName(classes[i % count].name));
}

void addClasses(nlohmann::json& object, std::span<const ClassScore> classes, const ClassCounts& confusion) {
  object["classes"] = nlohmann::json::array();
  if (!confusion.empty()) object["confusion"] = nlohmann::json::array();
  const std::size_t count = classes.size();
  for (std::size_t t = 0; t < count; ++t) {
    const ClassScore& each = classes[t];
    object["classes"].push_back({{"class", each.name},
                                 {"samples", each.samples},
                                 {"precision", each.precision()},
                                 {"recall", each.recall()},
                                 {"f1", each.f1()}});
    if (confusion.empty()) continue;
    const auto row = confusion.begin() + static_cast<std::ptrdiff_t>(t * count);
    object["confusion"].push_back(std::vector(row, row + static_cast<std::ptrdiff_t>(count)));
  }
}

}  // namespace tandem::cli
