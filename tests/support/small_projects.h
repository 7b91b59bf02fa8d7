// Projects that train in an instant.
#pragma once

#include "core/network/project.h"

namespace tandem {

// 320 points in batches of 16 on one thread.
inline Project smallMoons() {
  Project p = *projectFromTemplate("Two moons");
  p.data.count = 320;
  p.training.batch = 16;
  p.training.epochs = 3;
  p.training.device.threads = 1;
  return p;
}

}  // namespace tandem
