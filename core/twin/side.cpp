#include "core/twin/side.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tandem {
namespace {

constexpr std::string_view kNetwork = ",network=";
constexpr int kMaxThreads = 1024;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::int64_t> wholeNumber(std::string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = code == std::errc() && rest == text.data() + text.size() && value >= low && value <= high;
  return good ? std::optional(value) : std::nullopt;
}

Error unreadable(std::string_view side, std::string_view message) {
  return invalid(message, fmt::format("side '{}'", side),
                 "Specify a device and its options: cpu:2, cuda:0,bf16 or cpu:1,avoid=onednn,batch=64");
}

// "cpu", "cpu:2" (threads) or "cuda:1" (which GPU).
Status readDevice(std::string_view side, std::string_view text, DeviceOptions& device) {
  if (text.empty()) return unreadable(side, "has no device");
  const std::size_t colon = text.find(':');
  if (text.substr(0, colon) != "cpu") {
    device.device = text;
    return success();
  }
  device.device = "cpu";
  device.threads = 0;
  if (colon == std::string_view::npos) return success();
  const auto threads = wholeNumber(text.substr(colon + 1), 1, kMaxThreads);
  if (!threads)
    return unreadable(side, fmt::format("'{}' is not a valid number of threads", text.substr(colon + 1)));
  device.threads = static_cast<int>(*threads);
  return success();
}

Status readPart(std::string_view side, const std::string& part, SideSpec& spec) {
  for (const Precision precision : {Precision::Fp32, Precision::Tf32, Precision::Bf16, Precision::Fp16}) {
    if (part != nameOf(precision)) continue;
    spec.device.precision = precision;
    return success();
  }
  if (part == "fast" || part == "deterministic") {
    spec.device.deterministic = part == "deterministic";
    return success();
  }
  if (part.starts_with("avoid=")) {
    for (std::string& kernel : split(std::string_view(part).substr(6), '+')) {
      if (kernel.empty()) return unreadable(side, "'avoid=' needs the name of a kernel");
      spec.device.avoid.push_back(std::move(kernel));
    }
    return success();
  }
  if (part.starts_with("batch=")) {
    spec.batch = wholeNumber(std::string_view(part).substr(6), 1, 1'048'576);
    if (!spec.batch) return unreadable(side, fmt::format("'{}' is not a valid batch size", part.substr(6)));
    return success();
  }
  return unreadable(side, fmt::format("'{}' is not a side option", part));
}

}  // namespace

Result<SideSpec> parseSide(std::string_view text) {
  SideSpec spec;
  spec.device = {};
  const std::size_t network = text.find(kNetwork);
  const std::vector<std::string> parts = split(text.substr(0, network), ',');
  TANDEM_TRY(readDevice(text, parts[0], spec.device));
  spec.label = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) {
    TANDEM_TRY(readPart(text, parts[i], spec));
    spec.label += ", " + parts[i];
  }
  if (network == text.npos) return spec;
  spec.network = text.substr(network + kNetwork.size());
  if (spec.network.empty()) return unreadable(text, "'network=' needs a file name");
  spec.label += ", network=" + spec.network.filename().string();
  return spec;
}

Result<std::vector<SideSpec>> parseSides(const std::vector<std::string>& texts) {
  if (texts.size() < 2 || texts.size() > kMaxSides)
    return invalid(fmt::format("a twin run has 2 to {} sides, not {}", kMaxSides, texts.size()), {},
                   "Specify each with --side, for example --side cpu:1 --side cpu:2");
  std::vector<SideSpec> sides;
  for (const std::string& text : texts) {
    TANDEM_ASSIGN(SideSpec side, parseSide(text));
    const std::string label = side.label;
    const auto taken = [&] { return std::ranges::find(sides, side.label, &SideSpec::label) != sides.end(); };
    for (int number = 2; taken(); ++number) side.label = fmt::format("{} ({})", label, number);
    sides.push_back(std::move(side));
  }
  return sides;
}

std::string textOf(const SideSpec& side) {
  const DeviceOptions& device = side.device;
  std::string text = device.device;
  if (device.device == "cpu" && device.threads > 0) text += fmt::format(":{}", device.threads);
  if (device.precision != Precision::Fp32) text += fmt::format(",{}", nameOf(device.precision));
  if (!device.deterministic) text += ",fast";
  if (!device.avoid.empty()) text += fmt::format(",avoid={}", fmt::join(device.avoid, "+"));
  if (side.batch) text += fmt::format(",batch={}", *side.batch);
  if (!side.network.empty()) text += std::string(kNetwork) + side.network.string();
  return text;
}

std::vector<std::string> usualSides(const std::vector<DeviceInfo>& devices) {
  int cores = 1;
  for (const DeviceInfo& device : devices) {
    if (device.id == "cpu") cores = device.threads;
    if (device.id != "cpu" && device.usable) return {"cpu", device.id};
  }
  return {"cpu:1", fmt::format("cpu:{}", cores)};
}

std::vector<std::string> kernelNames(Backend& backend) {
  std::vector<std::string> names;
  for (const OpDef* op : allOps())
    for (std::string& name : backend.kernels(*op))
      if (name != "reference" && std::ranges::find(names, name) == names.end())
        names.push_back(std::move(name));
  std::ranges::sort(names);
  return names;
}

Status checkKernels(const std::vector<SideSpec>& sides, const BackendLookup& lookup) {
  for (const SideSpec& side : sides) {
    if (side.device.avoid.empty()) continue;
    TANDEM_ASSIGN(Backend* const backend, lookup(side.device.device));
    const std::vector<std::string> known = kernelNames(*backend);
    for (const std::string& name : side.device.avoid)
      if (name != "reference" && std::ranges::find(known, name) == known.end())
        return invalid(fmt::format("{} has no kernel named '{}'", side.device.device, name),
                       fmt::format("side '{}'", textOf(side)),
                       fmt::format("Kernels to avoid: {}", fmt::join(known, ", ")));
  }
  return success();
}

Result<Project> projectOf(const Project& project, const SideSpec& side) {
  Project own = project;
  own.training.device = side.device;
  if (!side.network.empty()) {
    auto other = loadProject(side.network);
    if (!other.ok()) {
      Error error = std::move(other).error();
      if (error.code == ErrorCode::NotFound)
        error.hint = "Everything after network= is the file name; put it last";
      return error;
    }
    own.network = std::move(other->network);
    own.positions = std::move(other->positions);
  }
  if (side.batch) own.training.batch = *side.batch;
  return own;
}

}  // namespace tandem
