// Quantities as users read them, with SI prefixes and three significant digits: the same in the command line, the lab
// and reports.
#pragma once

#include <string>

namespace tandem {

struct Quantity {
  double value = 0;  // with the prefix of the unit applied: 1.234 for 1.234e6 bytes
  int decimals = 0;  // to show
  std::string unit;  // "MB"; may be empty
};

Quantity countOf(double count);    // "320", "61.7 k", "1.23 M"
Quantity bytesOf(double bytes);    // "1.70 MB": powers of 1000
Quantity flopsOf(double flops);    // "460 kFLOPs"
Quantity joulesOf(double joules);  // "420 mJ", "4.20 kJ"

std::string text(const Quantity& quantity);
std::string countText(double count);
std::string bytesText(double bytes);
std::string joulesText(double joules);
std::string durationText(double seconds);     // "9.5 s", "42 s", "3 min 20 s", "2 h 5 min"
std::string differenceText(double relative);  // "3.1e-07", "0", "∞"

}  // namespace tandem
