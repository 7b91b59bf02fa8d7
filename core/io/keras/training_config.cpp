// Converter: how the model was trained. Nothing here is needed to compute what the model does, so that what Tandem lacks
// becomes a note and not an Error.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/io/keras/convert.h"

namespace tandem::keras {
namespace {

const Json kNull;

const Json& at(const Json& object, const char* key) {
  if (!object.is_object()) return kNull;
  const auto it = object.find(key);
  return it == object.end() ? kNull : *it;
}

// "sparse_categorical_crossentropy" and "SparseCategoricalCrossentropy" are one.
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name)
    if (c != '_') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Whether one of the names, separated by " / " and with arguments in parentheses, is this one.
bool hasName(std::string_view names, std::string_view wanted) {
  while (!names.empty()) {
    const std::string_view one = names.substr(0, names.find(" / "));
    if (plain(one.substr(0, one.find('('))) == wanted) return true;
    names.remove_prefix(std::min(names.size(), one.size() + 3));
  }
  return false;
}

template <class Def>
const Def* findNamed(const std::string& name) {
  for (const Def* def : Catalog<Def>::all())
    if (hasName(def->names.keras, name)) return def;
  return nullptr;
}

std::string lossName(const std::string& text) {
  struct Alias {
    std::string_view shortName, name;
  };
  constexpr std::array<Alias, 5> kAliases{{{"mse", "meansquarederror"},
                                           {"mae", "meanabsoluteerror"},
                                           {"bce", "binarycrossentropy"},
                                           {"kld", "kldivergence"},
                                           {"kullbackleiblerdivergence", "kldivergence"}}};
  const std::string name = plain(text);
  const auto alias = std::ranges::find(kAliases, name, &Alias::shortName);
  return alias == kAliases.end() ? name : std::string(alias->name);
}

// The name of a loss or an optimizer: a text, {"class_name": NAME, "config": {...}}, or of a function {"class_name":
// "function", "config": NAME}. Of registered classes without their package: "Custom>Adam".
std::string nameIn(const Json& description) {
  if (description.is_string()) return description.get<std::string>();
  if (const Json& function = at(description, "config"); function.is_string())
    return function.get<std::string>();
  const std::string name = textAt(description, "class_name");
  const auto package = name.rfind('>');
  return package == std::string::npos ? name : name.substr(package + 1);
}

// Sets a property to a number or a truth value, if Tandem accepts it.
template <class Def>
bool setFrom(Typed<Def>& typed, std::string_view key, const Json& value) {
  const Property* property = findProperty(typed.def().properties, key);
  if (!property) return false;
  if (property->kind == PropertyKind::Boolean)
    return value.is_boolean() && typed.set(key, std::int64_t{value.get<bool>()}).ok();
  if (property->kind != PropertyKind::Number || !value.is_number()) return false;
  // Keras stores float32 values; 0.001 is read as the user wrote it.
  double number = value.get<double>();
  const std::string text = fmt::format("{:.6g}", number);
  double rounded = 0;  // std::stod() throws for tiny numbers and follows the locale
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), rounded);
  if (code == std::errc() && static_cast<float>(rounded) == static_cast<float>(number)) number = rounded;
  return typed.set(key, number).ok();
}

// nullopt: Tandem has no such loss. Settings that Tandem's loss lacks become notes.
std::optional<LossConfig> knownLoss(const Json& description, std::vector<std::string>& notes) {
  const std::string name = nameIn(description);
  const LossDef* def = findNamed<LossDef>(lossName(name));
  if (!def) return std::nullopt;
  LossConfig loss(*def);
  const Json& settings = at(description, "config");
  for (const char* key : {"label_smoothing", "delta", "gamma", "ignore_class"}) {
    const Json& value = at(settings, key);
    if (value.is_null() || setFrom(loss, key, value)) continue;
    if (value != 0 || std::string_view(key) == "ignore_class")
      notes.push_back("The setting " + inQuotes(key) + " of the loss " + inQuotes(name) + " is left out");
  }
  return loss;
}

// The loss of an output: one for all of them, a list, or an object by the names of the outputs.
Json lossFor(const Json& losses, std::size_t output, const std::string& name) {
  if (losses.is_array()) return output < losses.size() ? losses[output] : kNull;
  if (losses.is_object() && !losses.contains("class_name")) return at(losses, name.c_str());
  return losses;
}

struct Setting {
  const char *keras, *tandem;
};

}  // namespace

void Converter::readTraining() {
  const Json& losses = at(model_.training, "loss");
  for (std::size_t o = 0; o < model_.outputs.size(); ++o) {
    const Json loss = lossFor(losses, o, model_.outputs[o]);
    result_.losses.push_back(knownLoss(loss, result_.notes));
    if (!result_.losses.back() && !loss.is_null())
      result_.notes.push_back("The model was trained with the loss " + inQuotes(nameIn(loss)) +
                              ", which Tandem does not have");
  }
  if (!at(model_.training, "loss_weights").is_null())
    result_.notes.emplace_back("The weights of the model's losses are left out; set them in the heads");
  const Json& old = at(model_.training, "optimizer_config");
  const Json& optimizer = old.is_null() ? at(model_.training, "optimizer") : old;
  if (optimizer.is_null()) return;
  const OptimizerDef* def = findNamed<OptimizerDef>(plain(nameIn(optimizer)));
  if (!def) {
    result_.notes.push_back("The model was trained with the optimizer " + inQuotes(nameIn(optimizer)) +
                            ", which Tandem does not have");
    return;
  }
  OptimizerConfig config(*def);
  const Json& settings = at(optimizer, "config");
  constexpr std::array<Setting, 7> kSettings{{{"learning_rate", "learning_rate"},
                                              {"beta_1", "beta1"},
                                              {"beta_2", "beta2"},
                                              {"epsilon", "epsilon"},
                                              {"rho", "rho"},
                                              {"momentum", "momentum"},
                                              {"nesterov", "nesterov"}}};
  for (const auto& [keras, tandem] : kSettings) {
    const Json& value = at(settings, keras);
    if (value.is_null() || setFrom(config, tandem, value) || !findProperty(def->properties, tandem)) continue;
    result_.notes.push_back(
        "The setting " + inQuotes(keras) +
        " of the optimizer is left at its default, because the file has a value that Tandem "
        "does not support");
  }
  const Json& decay = at(settings, "weight_decay");
  const bool decoupled = def->type == "adamw" || def->type == "lion";  // as Keras applies it in all of them
  const bool decays = decay.is_number() && decay != 0;
  if (decays && !(decoupled && setFrom(config, "weight_decay", decay)))
    result_.notes.push_back("The weight decay of the model's optimizer is left out");
  for (const char* clipping : {"clipnorm", "clipvalue", "global_clipnorm"})
    if (!at(settings, clipping).is_null())
      result_.notes.push_back("The gradient clipping " + inQuotes(clipping) +
                              " of the model's optimizer is left out");
  result_.optimizer = config;
}

}  // namespace tandem::keras
