// The CPU's sensor, read from Linux' /proc and /sys:
//  utilization  processor time of this process over the cores that it may use
//  watts        RAPL counters of the packages and their memory (/sys/class/powercap/intel-rapl*, which also
//               serves AMD), else of amd_energy (/sys/class/hwmon): the whole machine's, not this process'
//  celsius      hwmon of coretemp, k10temp, zenpower or cpu_thermal, else the thermal zones; the hottest
//  clockHz      cpufreq, else /proc/cpuinfo; mean over up to eight cores
//  memoryBytes  /proc/self/statm: resident memory of this process
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "core/runtime/sensor.h"

namespace tandem {

double steadySeconds();     // steady clock
double processorSeconds();  // of all threads of this process

struct HostSources {
  std::filesystem::path root = "/";  // of proc and sys
  std::function<double()> now = steadySeconds;
  std::function<double()> processorTime = processorSeconds;
  int cores = 0;  // 0: those that this process may use
};

std::unique_ptr<Sensor> openHostSensor(HostSources sources = {});

}  // namespace tandem
