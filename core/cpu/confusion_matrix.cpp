#include "core/ops/confusion_matrix.h"

#include "core/cpu/row_counts.h"
#include "core/ops/predicted_class.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const std::int64_t rows = request.in(In::kPrediction).shape[0],
                     columns = request.in(In::kPrediction).shape[1];
  const std::int64_t classes = std::max<std::int64_t>(columns, 2);
  return rowCounts(rows, columns, classes * classes, request.threads,
                   [=](const float* x, std::int32_t label) {
                     if (label < 0 || label >= classes) return kNoCell;
                     return static_cast<std::int32_t>(label * classes + ops::predictedClass(x, columns));
                   });
}

}  // namespace

extern const KernelList confusion_matrix;
const KernelList confusion_matrix = {{"scalar", make}};

}  // namespace tandem::cpu
