// Readings of a GPU through NVML, without a CUDA context and without disturbing its work.
#pragma once

#include <memory>
#include <string>

#include "core/runtime/sensor.h"
#include "gpu/host/nvml.h"

namespace tandem::cuda {

// library: nullptr if NVML is missing (then every reading is a gap); must outlive the sensor.
std::unique_ptr<Sensor> openNvmlSensor(Nvml* library, std::string pciBusId);

}  // namespace tandem::cuda
