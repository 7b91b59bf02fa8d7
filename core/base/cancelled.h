// How long work asks whether it should stop.
#pragma once

#include <functional>

#include "core/base/result.h"

namespace tandem {

// Asked on the thread that works, several times a second; true: stop. May be empty.
using Cancelled = std::function<bool()>;

inline Status checkCancelled(const Cancelled& cancelled) {
  if (!cancelled || !cancelled()) return success();
  return Error{ErrorCode::Cancelled, "cancelled", {}, {}};
}

}  // namespace tandem
