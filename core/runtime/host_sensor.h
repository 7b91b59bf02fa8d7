// The CPU's sensor, read from /proc and /sys of Linux:
//  utilization  CPU time of this process over the cores it may use
//  watts        RAPL counters of the packages and their memory (/sys/class/powercap/intel-rapl*, which also
//               serves AMD), else amd_energy (/sys/class/hwmon): of the whole machine, not of this process
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
  std::filesystem::path root = "/";  // parent of proc and sys
  std::function<double()> now = steadySeconds;
  std::function<double()> processorTime = processorSeconds;
  int cores = 0;  // 0: all cores that this process may use
};

std::unique_ptr<Sensor> openHostSensor(HostSources sources = {});

}  // namespace tandem
