#include "tests/conformance/kernel_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/conformance/gaps.h"

namespace tandem::conformance {
namespace {

constexpr std::size_t kGuardBytes = 256;
constexpr std::byte kPoison{0xff};  // NaN in every float type

// The largest accepted error: of the whole tensor by norm, and of one element relative to its value plus the
// tensor's root mean square (sums cancel, so a single element may have a larger relative error).
struct Tolerance {
  double norm, element;
};

constexpr Tolerance kSingle{4e-6, 2e-5};  // of f32

// By the result's type, and by how the device multiplies:
//   f32   unit roundoff u = 6e-8. Rounding errors of a sum of K terms grow like u sqrt(K), so that the bound for up to
//         kShortSum terms is 64 u, and grows from there (see lengthScale). Products of half operands are exact in f32, so
//         that f32 results of half operands are as accurate, unless a library computes them in half (gaps.h).
//   tf32  operands lose 13 bits: roundoff 5e-4 in each.
//   half  the rounding of the result, at most u = 2^-8 (bf16) or 2^-11 (fp16) relative to it and about 0.4 u
//         by norm; twice that for kernels that round once more between a product and its epilogue, plus a
//         margin of half of that. Cancellation makes elements small, so their bound includes the rms.
Tolerance toleranceOf(Precision precision, DType result, bool roundsToHalf) {
  const auto half = [](double u) { return Tolerance{1.2 * u, 3 * u}; };
  if (result == DType::BF16 || (roundsToHalf && precision == Precision::Bf16)) return half(1.0 / 256);
  if (result == DType::F16 || (roundsToHalf && precision == Precision::Fp16)) return half(1.0 / 2048);
  if (precision == Precision::Tf32) return {2e-3, 1e-2};
  return kSingle;
}

constexpr double kShortSum = 4096;

// The factor by which the length of the op's sums widens the tolerance of f32 results.
double lengthScale(const OpDef& op, const Sample& sample, const std::vector<TensorType>& inputs,
                   const std::vector<TensorType>& outputs) {
  double elements = 0;
  for (const TensorType& type : outputs)
    if (present(type)) elements += static_cast<double>(type.shape.elements());
  if (elements == 0) return 1;
  const double terms =
      op.cost(sample.attrs, inputs, outputs).flops / (2 * elements);  // a product and a sum for each
  return std::sqrt(std::max(1.0, terms / kShortSum));
}

// zeroForNan: a NaN may also be 0.
std::string compare(std::span<const double> got, std::span<const double> want, Tolerance tolerance,
                    bool nanOnly, bool zeroForNan, double& worst) {
  double difference = 0, magnitude = 0;
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i]) && !std::isnan(got[i]) && !(zeroForNan && got[i] == 0))
      return fmt::format("[{}] is {} but must be NaN", i, got[i]);
    if (std::isnan(want[i]) || nanOnly) continue;
    if (!std::isfinite(got[i])) return fmt::format("[{}] is {} but must be {}", i, got[i], want[i]);
    difference += (got[i] - want[i]) * (got[i] - want[i]);
    magnitude += want[i] * want[i];
    ++numbers;
  }
  if (numbers == 0) return {};
  const double rms = std::sqrt(magnitude / static_cast<double>(numbers));
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i])) continue;
    if (std::abs(got[i] - want[i]) > tolerance.element * (std::abs(want[i]) + rms))
      return fmt::format("[{}] is {} but must be {}", i, got[i], want[i]);
  }
  const double error = difference == 0 ? 0 : std::sqrt(difference / magnitude);
  worst = std::max(worst, error);
  return error > tolerance.norm ? fmt::format("relative error {:.2g} by norm", error) : std::string();
}

bool replaced(const OpDef& op, std::size_t input) {
  return std::ranges::any_of(op.inPlace,
                             [&](const InPlace& p) { return p.input == static_cast<int>(input); });
}

}  // namespace

OpCall callOf(const OpDef& op, const Attrs& attrs, std::span<const RefTensor> inputs,
              std::span<const RefTensor> outputs) {
  return {&op, &attrs, typesOf(inputs), typesOf(outputs)};
}

CheckResult checkKernel(Backend& backend, const DeviceOptions& options, const OpDef& op, const Sample& sample,
                        std::span<const RefTensor> inputs, std::span<const RefTensor> expected,
                        std::string_view kernel, bool nanOnly) {
  std::vector<Tensor> in, out;
  std::vector<const Tensor*> inPointers;
  std::vector<Tensor*> outPointers;
  for (const RefTensor& tensor : inputs) in.push_back(present(tensor.type) ? toTensor(tensor) : Tensor());
  for (const RefTensor& tensor : expected) {
    // Longer than the op knows: the guard follows the result.
    const auto guard = static_cast<std::int64_t>(kGuardBytes / sizeOf(tensor.type.dtype));
    out.emplace_back(TensorType{tensor.type.dtype, Shape{tensor.type.shape.elements() + guard}});
    std::ranges::fill(out.back().bytes(), kPoison);
  }
  for (std::size_t i = 0; i < in.size(); ++i)
    inPointers.push_back(present(inputs[i].type) ? &in[i] : nullptr);
  for (Tensor& tensor : out) outPointers.push_back(&tensor);

  CheckResult result;
  const OpCall call = callOf(op, sample.attrs, inputs, expected);
  if (const auto ran = backend.runOp(options, call, kernel, inPointers, outPointers, 1); !ran.ok()) {
    result.refused = ran.error().code == ErrorCode::Unsupported;
    result.lost = ran.error().code == ErrorCode::DeviceLost;
    (result.refused ? result.reason : result.failure) = ran.error().text();
    return result;
  }
  for (std::size_t i = 0; i < out.size() && result.failure.empty(); ++i) {
    const DType dtype = expected[i].type.dtype;
    if (nanOnly && (dtype == DType::I32 || dtype == DType::U8)) continue;  // these have no NaN
    Tolerance tolerance = toleranceOf(options.precision, dtype, roundsToHalf(backend.name(), op.name));
    // Wider tolerances are for the rounding of each operand or result, which the length of the sums does not increase.
    const bool sums = tolerance.norm <= kSingle.norm;
    const double length = sums ? lengthScale(op, sample, call.inputs, call.outputs) : 1.0;
    const double scale = std::max(sample.toleranceScale, length);
    tolerance.norm *= scale;
    tolerance.element *= scale;
    const bool zeroForNan = dropsNan(backend.name(), op.name, sample.attrs);
    const std::string problem = compare(toDoubles(expected[i].type, out[i]), expected[i].data, tolerance,
                                        nanOnly, zeroForNan, result.error);
    if (!problem.empty()) result.failure = fmt::format("output {}{}", resultName(op, i), problem);
    const auto guard = out[i].bytes().subspan(expected[i].type.bytes());
    if (std::ranges::any_of(guard, [](std::byte b) { return b != kPoison; }))
      result.failure = fmt::format("writes past the end of output {}", resultName(op, i));
  }
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!present(inputs[i].type) || replaced(op, i)) continue;
    const Tensor before = toTensor(inputs[i]);
    if (std::memcmp(before.bytes().data(), in[i].bytes().data(), before.bytes().size()) != 0)
      result.failure = fmt::format("changes input {}", operandName(op, i));
  }
  return result;
}

}  // namespace tandem::conformance
