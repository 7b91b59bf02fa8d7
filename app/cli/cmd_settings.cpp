#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "app/cli/command.h"
#include "core/network/project_fields.h"
#include "core/settings/property_json.h"

namespace tandem::cli {
namespace {

struct Options {};

std::string line(std::string_view name, std::string_view value, std::string_view about) {
  return fmt::format("  {:<26} {:<22} {}\n", name, value, about);
}

std::string rangeText(double low, double high) {
  return fmt::format("{} to {}", propertyText({}, low), propertyText({}, high));
}

std::string aboutOf(const Property& property) {
  std::string text(property.tooltip);
  if (std::isfinite(property.minimum) && std::isfinite(property.maximum))
    text += fmt::format(" ({})", rangeText(property.minimum, property.maximum));
  return text;
}

// Prints what `describe` (project_fields.h) names: every setting, its default and what it may be.
class Lister {
 public:
  explicit Lister(std::string prefix = {}) : prefix_(std::move(prefix)) {}

  template <class T>
  void integer(std::string_view key, const T& value, T low, T high) {
    print(key, fmt::format("{}", value), fmt::format("{} to {}", low, high));
  }
  void number(std::string_view key, const double& value, double low, double high) {
    print(key, fmt::format("{:g}", value), rangeText(low, high));
  }
  void boolean(std::string_view key, const bool& value) {
    print(key, value ? "true" : "false", "true or false");
  }
  void text(std::string_view key, const std::string& value, std::size_t) { print(key, value, "a text"); }
  void texts(std::string_view key, const std::vector<std::string>&) {
    print(key, "[]", "a list: [\"...\", \"...\"]");
  }
  template <class Enum>
  void choice(std::string_view key, const Enum& value, int count) {
    std::string names;
    for (int i = 0; i < count; ++i) names += (i > 0 ? ", " : "") + std::string(nameOf(static_cast<Enum>(i)));
    print(key, nameOf(value), names);
  }
  template <class T>
  void object(std::string_view key, T& value) {
    Lister inner(fmt::format("{}{}.", prefix_, key));
    describe(inner, value);
  }
  template <class Def>
  void value(std::string_view key, const Typed<Def>& chosen) {
    print(key, chosen.def().type, namesOf<Def>());
    for (const Def* def : Catalog<Def>::all()) {
      addHeading(key, *def);
      for (const Property& property : def->properties)
        types_ += line(fmt::format("{}{}.{}", prefix_, key, property.key),
                       propertyJson(property, property.fallback).dump(), aboutOf(property));
    }
  }
  template <class Def>
  void value(std::string_view key, const std::optional<std::vector<Typed<Def>>>&) {
    list<Def>(key, "depends on the loss");
  }
  template <class Def>
  void value(std::string_view key, const std::vector<Typed<Def>>&) {
    list<Def>(key, "[]");
  }

  void value(std::string_view key, const std::vector<Head>&) {
    print(
        key, "of the only output",
        fmt::format(
            "for several outputs a list: [{{\"output\": \"...\", \"loss\": \"...\"}}, ...]; then, of one of "
            "them: {0}{1}.OUTPUT.target, {0}{1}.OUTPUT.loss, {0}{1}.OUTPUT.weight, {0}{1}.OUTPUT.metrics",
            prefix_, key));
  }
  template <class Value>
  void value(std::string_view key, const OfOnlyHead<Value>& only) {
    value(key, only.heads[0].*only.member);
  }

  // Of losses, metrics, augmentations, optimizers and schedules, with their own settings.
  const std::string& types() const { return types_; }

 private:
  template <class Def>
  void list(std::string_view key, std::string_view fallback) {
    print(key, fallback, "a list of " + namesOf<Def>());
    for (const Def* def : Catalog<Def>::all()) {
      addHeading(key, *def);
      if (def->properties.empty()) continue;
      Json example{{"type", def->type}};
      for (const Property& property : def->properties) {
        example[std::string(property.key)] = propertyJson(property, property.fallback);
        types_ += line(property.key, propertyJson(property, property.fallback).dump(), aboutOf(property));
      }
      types_ += fmt::format("  {}{}='[{}]'\n", prefix_, key, example.dump());
    }
  }
  template <class Def>
  static std::string namesOf() {
    std::string names;
    for (const Def* def : Catalog<Def>::all()) names += (names.empty() ? "" : ", ") + std::string(def->type);
    return names;
  }
  template <class Def>
  void addHeading(std::string_view key, const Def& def) {
    types_ += fmt::format("\n{}{}={}: {}\n", prefix_, key, def.type, def.summary);
    const std::string names = libraryNamesText(def.names);
    if (!names.empty()) types_ += fmt::format("  {}\n", names);
  }
  void print(std::string_view key, std::string_view value, std::string_view about) const {
    std::cout << line(fmt::format("{}{}", prefix_, key), value, about);
  }

  std::string prefix_, types_;
};

int run(const Options&) {
  std::cout
      << "Settings of a training: name, default, and what it may be. Change them with\n"
         "`tandem train --set NAME=VALUE`, or in the project file under \"training\". Names in Keras and\n"
         "PyTorch are those of the closest equivalents.\n\n";
  TrainingConfig training;
  Lister lister;
  describe(lister, training);
  std::cout << lister.types();
  return kDone;
}

}  // namespace

void addSettings(Command app, Chosen& chosen) {
  addCommand(
      app, chosen, "settings",
      "List losses, metrics, augmentations, optimizers, schedules and all other settings of a training",
      std::make_shared<Options>(), run);
}

}  // namespace tandem::cli
