// What a twin run has found, in words.
#pragma once

#include <string>
#include <vector>

#include "core/twin/twin_record.h"

namespace tandem {

// The results in sentences: which side is faster and by how much, whether they agree, and if not, why.
std::vector<std::string> findings(const TwinRecord& record);

}  // namespace tandem
