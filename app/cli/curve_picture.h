// The loss curve of a run as an SVG picture: what a headless training leaves for the eye.
#pragma once

#include <filesystem>

#include "core/runs/run_store.h"

namespace tandem::cli {

// Training loss by step (raw and smoothed) with epoch means and validation; the first metric below it.
std::string curvePicture(const std::string& title, const RunCurves& curves);
Status writeCurvePicture(const std::string& title, const RunCurves& curves,
                         const std::filesystem::path& file);

}  // namespace tandem::cli
