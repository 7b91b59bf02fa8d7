#include "core/runtime/precisions.h"

#include <algorithm>

namespace tandem {
namespace {

struct Row {
  Precision precision;
  int capability;     // the lowest with support in hardware; 0: all
  const char* needs;  // the same for the user
  const char* note;   // of runs on a GPU; may be empty
  const char* about;  // on a GPU, where it is offered
};

// Bits of a mantissa are the stored ones. The factors are those of the data sheets of data center GPUs (A100: 19.5, 156 and
// 312 TFLOP/s); GeForce cards compute products in tf32 as fast as in fp32, and twice as fast in half precision.
constexpr Row kTable[] = {
    {Precision::Fp32, 0, "", "", "exact, with 23 bits of mantissa in products as well"},
    {Precision::Tf32, 80, "compute capability 8.0 (Ampere)", "products with a 10-bit mantissa",
     "products with 10 bits of mantissa, up to 8x faster than in fp32; weights and activations stay fp32"},
    {Precision::Bf16, 80, "compute capability 8.0 (Ampere)", "",
     "activations in half the memory, with 7 bits of mantissa and the range of fp32; products up to 16x faster"},
    {Precision::Fp16, 0, "", "with dynamic loss scaling",
     "activations in half the memory, with 10 bits of mantissa and a small range, so with dynamic loss scaling; products "
     "up to 16x faster with tensor cores"},
};

bool offers(const DeviceInfo& device, Precision precision) {
  return std::ranges::find(device.precisions, precision, &PrecisionOffer::precision) !=
         device.precisions.end();
}

std::string lacking(const DeviceInfo& device, const Row& row) {
  const bool gpu = device.threads == 0;
  const bool half = row.precision == Precision::Bf16 && offers(device, Precision::Fp16);
  std::string text = gpu ? "not on this GPU, use " : "not on a CPU, use ";
  text += half ? "fp16" : "fp32";
  if (gpu && row.capability > 0) text += std::string("; it needs ") + row.needs + " or higher";
  return text;
}

}  // namespace

std::vector<PrecisionOffer> gpuPrecisions(int capability) {
  std::vector<PrecisionOffer> offers;
  for (const Row& row : kTable)
    if (capability >= row.capability) offers.push_back({row.precision, row.note});
  return offers;
}

std::vector<PrecisionChoice> precisionChoices(const DeviceInfo& device) {
  std::vector<PrecisionChoice> choices;
  if (device.precisions.empty()) return choices;
  for (const Row& row : kTable) {
    const auto offer = std::ranges::find(device.precisions, row.precision, &PrecisionOffer::precision);
    if (offer == device.precisions.end())
      choices.push_back({row.precision, false, lacking(device, row)});
    else if (device.threads == 0)
      choices.push_back({row.precision, true, row.about});
    else
      choices.push_back({row.precision, true, offer->note.empty() ? "exact" : offer->note});
  }
  return choices;
}

}  // namespace tandem
