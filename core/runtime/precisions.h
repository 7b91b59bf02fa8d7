// What each precision gives, costs and needs, and which a device offers: one table for backends, the command line and the
// lab.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem {

inline constexpr std::array kPrecisions{Precision::Fp32, Precision::Tf32, Precision::Bf16, Precision::Fp16};

// What a GPU of that compute capability (86 for 8.6) offers, in the order of kPrecisions.
std::vector<PrecisionOffer> gpuPrecisions(int capability);

// A precision of the table, for one device.
struct PrecisionChoice {
  Precision precision = Precision::Fp32;
  bool offered = false;
  // What it gives and costs there: "emulated: ..."; or why it is not offered and what to use: "not on this GPU, use fp16".
  std::string text;
};
// All of kPrecisions; none if the device is unknown, and so lists no precisions.
std::vector<PrecisionChoice> precisionChoices(const DeviceInfo& device);

}  // namespace tandem
