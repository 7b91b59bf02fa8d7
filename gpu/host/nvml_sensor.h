// A GPU's readings through NVML, without a CUDA context and without disturbing what runs on it.
#pragma once

#include <memory>
#include <string>

#include "core/runtime/sensor.h"
#include "gpu/host/nvml.h"

namespace tandem::cuda {

// library: nullptr where NVML is not there (all is then a gap); it outlives the sensor.
std::unique_ptr<Sensor> openNvmlSensor(Nvml* library, std::string pciBusId);

}  // namespace tandem::cuda
