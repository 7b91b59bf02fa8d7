#include "core/network/project_version.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "core/json/fields.h"

namespace tandem {
namespace {

// Settings of a type in version 1 and what they were when the file did not state them.
struct OldType {
  std::string_view type;
  std::vector<std::pair<std::string_view, Json>> settings;
};

const std::vector<OldType>& oldOptimizers() {
  static const std::vector<OldType> types{
      {"sgd", {{"learning_rate", 1e-3}, {"momentum", 0.9}, {"nesterov", false}, {"weight_decay", 0.0}}},
      {"adam",
       {{"learning_rate", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"epsilon", 1e-7}, {"weight_decay", 0.0}}},
      {"adamw",
       {{"learning_rate", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"epsilon", 1e-7}, {"weight_decay", 0.0}}},
      {"rmsprop",
       {{"learning_rate", 1e-3}, {"rho", 0.9}, {"momentum", 0.9}, {"epsilon", 1e-7}, {"weight_decay", 0.0}}}};
  return types;
}

const std::vector<OldType>& oldSchedules() {
  static const std::vector<OldType> types{
      {"constant", {{"warmup_steps", 0}}},
      {"step", {{"warmup_steps", 0}, {"step_epochs", 10}, {"gamma", 0.1}}},
      {"exponential", {{"warmup_steps", 0}, {"gamma", 0.1}}},
      {"cosine", {{"warmup_steps", 0}, {"minimum_rate", 0.0}}},
      {"reduce_on_plateau", {{"warmup_steps", 0}, {"gamma", 0.1}, {"minimum_rate", 0.0}, {"patience", 3}}}};
  return types;
}

bool has(const OldType& type, std::string_view key) {
  for (const auto& [name, value] : type.settings)
    if (name == key) return true;
  return false;
}

// Renames "kind", adds what the file left to the defaults and removes the settings of other types.
void upgradeTyped(Json& training, std::string_view key, std::string_view fallback,
                  const std::vector<OldType>& types) {
  if (!training.contains(key)) training[std::string(key)] = Json::object();
  Json& old = training[std::string(key)];
  if (!old.is_object()) return;
  Json upgraded = Json::object();
  upgraded["type"] = old.contains("kind") ? old["kind"] : Json(fallback);
  const OldType* type = nullptr;
  for (const OldType& each : types)
    if (upgraded["type"] == each.type) type = &each;
  if (type)
    for (const auto& [name, value] : type->settings) upgraded[std::string(name)] = value;
  for (const auto& [name, value] : old.items()) {
    if (name == "kind") continue;
    bool ofAnother = false;
    if (type && !has(*type, name))
      for (const OldType& each : types) ofAnother = ofAnother || has(each, name);
    if (!ofAnother) upgraded[name] = value;
  }
  old = std::move(upgraded);
}

void upgradeLoss(Json& training) {
  const auto delta = training.find("huber_delta");
  if (delta == training.end()) return;
  if (training.value("loss", Json()) == "huber") training["loss"] = {{"type", "huber"}, {"delta", *delta}};
  training.erase("huber_delta");
}

// Top-k accuracy was a number, which had no effect without several classes, and what chose the best epoch did not state
// its k.
Status upgradeMetrics(Json& training) {
  constexpr std::int64_t kMost = 1'000'000;
  const auto found = training.find("top_k");
  if (found == training.end()) return success();
  if (!isInt64(*found) || found->get<std::int64_t>() < 0 || found->get<std::int64_t>() > kMost)
    return invalid(fmt::format("must be a whole number from 0 to {}", kMost), "training.top_k");
  const auto k = found->get<std::int64_t>();
  training.erase("top_k");
  const Json loss = training.value("loss", Json("softmax_cross_entropy"));
  if (k < 2 || loss != "softmax_cross_entropy") return success();
  training["metrics"] = {"accuracy", {{"type", "top_k_accuracy"}, {"k", k}}};
  if (training.value("monitor", Json()) == "top_k_accuracy")
    training["monitor"] = fmt::format("top_{}_accuracy", k);
  return success();
}

// Tandem writes every setting. So data with a generator and a seed but without "stratify" were written before it
// existed, and their split must not change. In hand-written data, what is missing has its default.
void upgradeData(Json& data) {
  if (data.contains("generator") && data.contains("split_seed") && !data.contains("stratify"))
    data["stratify"] = false;
}

}  // namespace

Status upgradeProject(Json& project) {
  Json& version = project["tandem"];
  if (version != 1) return success();
  version = 2;
  if (project.contains("data") && project["data"].is_object()) upgradeData(project["data"]);
  if (!project.contains("training")) project["training"] = Json::object();
  Json& training = project["training"];
  if (!training.is_object()) return success();
  upgradeLoss(training);
  TANDEM_TRY(upgradeMetrics(training));
  upgradeTyped(training, "optimizer", "adam", oldOptimizers());
  upgradeTyped(training, "schedule", "constant", oldSchedules());
  return success();
}

}  // namespace tandem
