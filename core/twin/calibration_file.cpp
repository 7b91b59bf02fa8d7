// Reads and writes the calibration file.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/file.h"
#include "core/json/fields.h"
#include "core/runs/run_store.h"
#include "core/twin/calibration.h"

namespace tandem {

template <class Fields, class C>
requires std::same_as<std::remove_const_t<C>, RateCurve>
void describe(Fields& f, C& c) {
  f.measures("sizes", c.sizes);
  f.measures("rates", c.rates);
}

template <class Fields, class C>
requires std::same_as<std::remove_const_t<C>, Calibration>
void describe(Fields& f, C& c) {
  f.text("device", c.device, 200);
  f.text("machine", c.machine, 1000);
  f.text("when", c.when, 100);
  f.object("matmul", c.matmul);
  f.object("conv2d", c.conv2d);
  f.object("conv2d_dgrad", c.conv2dDgrad);
  f.object("conv2d_wgrad", c.conv2dWgrad);
  f.object("stream", c.stream);
  f.number("overhead", c.overhead, 0, 1);
}

namespace {

Status check(const Calibration& calibration) {
  for (const RateCurve* curve : {&calibration.matmul, &calibration.conv2d, &calibration.conv2dDgrad,
                                 &calibration.conv2dWgrad, &calibration.stream}) {
    const auto good = [](double value) { return value > 0 && std::isfinite(value); };
    if (curve->sizes.empty() || curve->sizes.size() != curve->rates.size() ||
        !std::ranges::is_sorted(curve->sizes) || !std::ranges::all_of(curve->sizes, good) ||
        !std::ranges::all_of(curve->rates, good))
      return invalid("has an invalid curve", calibration.device, "Run `tandem calibrate` again");
  }
  return success();
}

}  // namespace

std::filesystem::path calibrationFile() {
  return RunStore::defaultFolder() / "calibration.json";
}

std::string toJson(const std::vector<Calibration>& calibrations) {
  Json json = Json::object();
  FieldWriter writer(json);
  writer.objects("calibrations", calibrations, 1000);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::vector<Calibration>> calibrationsFromJson(std::string_view text, const std::string& source) {
  const auto read = [&]() -> Result<std::vector<Calibration>> {
    TANDEM_ASSIGN(const Json json, parseJson(text));
    if (!json.is_object()) return invalid("is not a calibration file");
    const Path root;
    FieldReader reader(json, root);
    std::vector<Calibration> list;
    reader.objects("calibrations", list, 1000);
    TANDEM_TRY(reader.finish());
    for (const Calibration& calibration : list) TANDEM_TRY(check(calibration));
    return list;
  };
  auto list = read();
  if (list.ok()) return list;
  Error error = std::move(list).error();
  error.where = error.where.empty() ? source : source + ": " + error.where;
  return error;
}

Result<std::vector<Calibration>> loadCalibrations(const std::filesystem::path& file) {
  TANDEM_ASSIGN(const std::string text, readTextFile(file, 1 << 20));
  return calibrationsFromJson(text, file.string());
}

Status saveCalibration(const Calibration& calibration, const std::filesystem::path& file) {
  std::error_code problem;
  std::filesystem::create_directories(file.parent_path(), problem);
  if (problem) return fileError(file.parent_path(), "create the folder", problem.value());
  std::vector<Calibration> list;
  if (auto known = loadCalibrations(file); known.ok())
    list = std::move(*known);  // a damaged file is replaced
  std::erase_if(list, [&](const Calibration& other) {
    return other.device == calibration.device && other.machine == calibration.machine;
  });
  list.push_back(calibration);
  return writeFileAtomically(file, toJson(list));
}

std::optional<Calibration> storedCalibration(const DeviceOptions& options, Backend& backend,
                                             const std::filesystem::path& file) {
  const auto list = loadCalibrations(file);
  if (!list.ok()) return std::nullopt;
  for (const DeviceInfo& device : backend.devices()) {
    if (!isDevice(device, options.device)) continue;
    for (const Calibration& calibration : *list)
      if (calibration.device == keyOf(options) && calibration.machine == device.name) return calibration;
  }
  return std::nullopt;
}

}  // namespace tandem
