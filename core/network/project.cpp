#include "core/network/project.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/base/file.h"
#include "core/network/output_meaning.h"
#include "core/network/project_fields.h"
#include "core/network/template_list.h"

namespace tandem {
namespace {

constexpr std::uint64_t kMaxProjectBytes = 64ull << 20;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

Result<Project> read(const TemplateSource& source) {
  return projectFromJson(source.json, source.file);
}

// Paths of installed datasets and empty ones do not refer to a folder.
bool isFilePath(const std::string& path) {
  return !path.empty() && !path.starts_with("builtin:");
}

std::filesystem::path folderOf(const std::filesystem::path& file) {
  std::error_code code;
  return std::filesystem::absolute(file, code).parent_path();
}

void makeAbsolute(std::string& text, const std::filesystem::path& file) {
  const std::filesystem::path path = text;
  if (!isFilePath(text) || path.is_absolute()) return;
  std::error_code code;
  const std::filesystem::path beside = (folderOf(file) / path).lexically_normal();
  const std::filesystem::path here = std::filesystem::absolute(path, code).lexically_normal();
  const bool onlyHere = !std::filesystem::exists(beside, code) && std::filesystem::exists(here, code);
  text = (onlyHere ? here : beside).string();
}

void makeRelative(std::string& text, const std::filesystem::path& file) {
  const std::filesystem::path path = text;
  if (!isFilePath(text) || !path.is_absolute()) return;
  const std::filesystem::path relative = path.lexically_relative(folderOf(file).lexically_normal());
  if (!relative.empty() && *relative.begin() != "..") text = relative.string();
}

// Whether the output is limited to a range: it ends in an activation such as relu or sigmoid, on every path.
bool isBounded(const Network& network, const Layer& output) {
  std::set<LayerId> seen{output.id};
  std::vector<const Layer*> open{&output};
  while (!open.empty()) {
    const Layer& layer = *open.back();
    open.pop_back();
    if (findLayer(layer.type)->range == RangeRule::Kept) {
      if (layer.inputs.empty()) return false;
      for (const Source& from : sourcesOf(layer))
        if (seen.insert(from.layer).second) open.push_back(network.find(from.layer));
      continue;
    }
    const std::string function = activationOf(layer);
    if (function == "none" || function == "leaky_relu") return false;
  }
  return true;
}

}  // namespace

std::string_view nameOf(DataKind kind) {
  constexpr std::array<std::string_view, 8> kNames{"idx",   "csv",         "image_folder", "generated",
                                                   "numpy", "text_folder", "text_file",    "cifar"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view nameOf(ClipKind kind) {
  constexpr std::array<std::string_view, 3> kNames{"none", "norm", "value"};
  return kNames.at(static_cast<std::size_t>(kind));
}

bool TrainingConfig::operator==(const TrainingConfig& o) const {
  const auto fields = [](const TrainingConfig& c) {
    return std::tie(c.heads, c.optimizer, c.schedule, c.epochs, c.batch, c.accumulate, c.seed, c.augment,
                    c.l1, c.l2, c.clip, c.clipLimit, c.average, c.monitor, c.earlyStoppingPatience,
                    c.checkpointEpochs, c.initialWeights, c.device.device, c.device.threads,
                    c.device.precision, c.device.deterministic, c.device.avoid);
  };
  return fields(*this) == fields(o);
}

void fitMetrics(TrainingConfig& training) {
  bool monitored = training.monitor == "loss";
  for (Head& head : training.heads) {
    const TargetKind target = head.loss.def().target;
    if (head.metrics) {
      const auto removed =
          std::erase_if(*head.metrics, [&](const MetricConfig& each) { return !each.def().formFor(target); });
      if ((removed > 0 && head.metrics->empty()) || *head.metrics == usualMetrics(target))
        head.metrics.reset();
    }
    for (const MetricConfig& metric : head.reportedMetrics())
      monitored = monitored || (metric.def().view == MetricView::Number &&
                                training.monitor == reportName(training, head, nameOf(metric)));
    monitored = monitored || training.monitor == reportName(training, head, "loss");
  }
  if (!monitored) training.monitor = "loss";
}

Result<Project> loadProject(const std::filesystem::path& file) {
  TANDEM_ASSIGN(const std::string text, readTextFile(file, kMaxProjectBytes));
  TANDEM_ASSIGN(Project project, projectFromJson(text, file.string()));
  makeAbsolute(project.data.path, file);
  makeAbsolute(project.data.masks, file);
  makeAbsolute(project.training.initialWeights, file);
  return project;
}

DataSpec trainingData(const Project& project) {
  DataSpec data = project.data;
  for (const Head& head : project.training.heads) {
    const auto output = outputOf(head, project.network);
    const bool bounded = output.ok() && isBounded(project.network, *project.network.find(output->layer));
    if (!bounded && !head.loss.def().fixedTargets) continue;
    if (head.targets.empty())
      data.standardizeTargets = false;
    else
      data.unscaled.insert(data.unscaled.end(), head.targets.begin(), head.targets.end());
  }
  return data;
}

Status saveProject(const Project& project, const std::filesystem::path& file) {
  Project stored = project;
  makeRelative(stored.data.path, file);
  makeRelative(stored.data.masks, file);
  makeRelative(stored.training.initialWeights, file);
  const std::string json = toJson(stored);
  // Never replace a good file with one that could not be reopened.
  if (const auto again = projectFromJson(json, file.string()); !again.ok()) {
    Error error = again.error();
    error.hint = "Correct it and save again; the file on disk is unchanged";
    return error;
  }
  return writeFileAtomically(file, json);
}

std::vector<TemplateInfo> templates() {
  std::vector<TemplateInfo> infos;
  for (const TemplateSource& source : templateSources()) {
    const auto project = read(source);
    TANDEM_CHECK(project.ok(), "a built-in template is invalid");
    infos.push_back({project->name, project->notes});
  }
  return infos;
}

Result<Project> projectFromTemplate(std::string_view name) {
  const std::string requested = lower(name);
  std::vector<Project> matches;
  std::string known;
  for (const TemplateSource& source : templateSources()) {
    TANDEM_ASSIGN(Project project, read(source));
    const std::string candidate = lower(project.name);
    if (candidate == requested) return project;
    known += (known.empty() ? "" : ", ") + project.name;
    if (!requested.empty() && candidate.starts_with(requested)) matches.push_back(std::move(project));
  }
  if (matches.size() == 1) return std::move(matches.front());
  const std::string shown(name.substr(0, 60));
  if (matches.empty())
    return Error{
        ErrorCode::NotFound, "there is no template '" + shown + "'", {}, "Available templates: " + known};
  std::string candidates;
  for (const Project& match : matches) candidates += (candidates.empty() ? "" : ", ") + match.name;
  return invalid("the template name '" + shown + "' is ambiguous: " + candidates, {},
                 "Type more of the name");
}

}  // namespace tandem
