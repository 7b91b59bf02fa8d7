// Whether data can continue the training of a checkpoint: its numbers must mean the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/network/network.h"

namespace tandem {

struct ResumeData {
  std::shared_ptr<const Dataset> data;  // normalized as the checkpoint's data was
  std::vector<std::string> notes;       // for the user
  bool sameSamples = true;              // as far as is known
};

// Compares the data with its description in a checkpoint. Other samples of the same fields are only noted.
// Errors name the difference: the sample shape, the names or kinds of features, categories, classes, or a mean and
// standard deviation that only another unit explains (kMaxShift, kMaxStretch).
// saved: fingerprint of the checkpoint's data; empty: not known. current: of `data`.
Result<ResumeData> dataForResume(const Preprocessing& described, const std::string& saved,
                                 std::shared_ptr<const Dataset> data, const std::string& current,
                                 const std::string& file);

struct InputNormalization {
  std::shared_ptr<const Dataset> data;
  std::vector<std::string> changed;    // inputs that are now normalized as described
  std::vector<std::string> different;  // inputs that are not described: other columns, channels or units
};

// For a model that was trained on other samples, perhaps for other targets. What is described stays normalized as it is
// described; images may have another size and other colours.
// Only the inputs that the network reads are considered, and only normalization that is stated.
InputNormalization normalizeInputsAs(const Preprocessing& described, const Network& network,
                                     std::shared_ptr<const Dataset> data);

// Samples of one source differ less: a mean by this many standard deviations, a standard deviation by this factor.
inline constexpr double kMaxShift = 1, kMaxStretch = 2;

}  // namespace tandem
