// What other programs take of this machine's processors: /proc/stat against this process' own time.
#pragma once

#include <optional>

#include "core/runtime/host_sensor.h"

namespace tandem {

class HostLoad {
 public:
  explicit HostLoad(HostSources sources = {});
  // In [0, 1], of all processors, since this was made. Nothing: it cannot be read, or hardly any time has
  // passed.
  std::optional<double> others() const;

 private:
  struct Times {
    double busy = 0, all = 0;  // seconds of all processors, since the machine started
    double own = 0;            // of this process
  };
  std::optional<Times> read() const;

  HostSources sources_;
  std::optional<Times> before_;
};

}  // namespace tandem
