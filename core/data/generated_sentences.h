// Generated sentences of two classes: texts with nothing to download.
#pragma once

#include "core/data/reader.h"

namespace tandem {

// Opinions such as "the soup was not bad, but the service was slow.", which are "negative" or "positive" as their last
// clause is. Its words do not decide that, but their order: "not" reverses a word of praise or blame, and the clauses could
// change places. Input: "text". Target: "class". spec.noise: the share of sentences with a random class.
constexpr std::int64_t kMaxSentences = 100'000;
Result<DatasetInfo> describeSentences(const DataSpec& spec);
Result<RawData> generateSentences(const DataSpec& spec, const LoadProgress& progress);

}  // namespace tandem
