// A short text that changes when the data of a run changes.
#pragma once

#include <string>

#include "core/data/dataset.h"

namespace tandem {

// Over samples, labels and the split, in the order of storage: 16 hexadecimal digits. The same on every
// little-endian machine. It finds mistakes, not malice. Reads all data once, at some GB/s.
std::string fingerprint(const Dataset& data);

}  // namespace tandem
