// Typed<Def>: a choice of one description and its settings, such as the optimizer "adam" with beta1 = 0.95. Def is
// OptimizerDef, ScheduleDef, LossDef, MetricDef or AugmentDef; Catalog<Def>, beside each, lists what there is to choose
// from.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "core/settings/property.h"
#include "core/text/library_names.h"  // of each Def

namespace tandem {

// Specializations offer
//   static constexpr std::string_view noun;           // "optimizer", for messages
//   static std::span<const Def* const> all();
//   static const Def& fallback();                     // of a new project
template <class Def>
struct Catalog;

template <class Def>
const Def* findDef(std::string_view type) {
  for (const Def* def : Catalog<Def>::all())
    if (def->type == type) return def;
  return nullptr;
}

template <class Def>
class Typed {
 public:
  Typed() : def_(&Catalog<Def>::fallback()) {}
  explicit Typed(const Def& def) : def_(&def) {}
  // Of a type and settings that are known to be valid.
  Typed(const char* type, const Attrs& properties = {})  // NOLINT(google-explicit-constructor)
      : Typed(make(type, properties).value()) {}

  // Errors: no such type; unknown keys and values out of range.
  static Result<Typed> make(std::string_view type, const Attrs& properties = {}) {
    const Def* def = findDef<Def>(type);
    if (!def) {
      std::string known;
      for (const Def* each : Catalog<Def>::all())
        known += (known.empty() ? "" : ", ") + std::string(each->type);
      return invalid(fmt::format("there is no {} \"{}\"", Catalog<Def>::noun, type.substr(0, 60)), {},
                     fmt::format("Choose one of {}", known));
    }
    Typed typed(*def);
    TANDEM_ASSIGN(typed.properties_, normalizedProperties(def->properties, properties, typed.whose()));
    return typed;
  }

  const Def& def() const { return *def_; }
  const Attrs& properties() const { return properties_; }  // those that differ from their default

  double number(std::string_view key) const { return numberOf(def_->properties, properties_, key); }
  std::int64_t integer(std::string_view key) const { return integerOf(def_->properties, properties_, key); }
  std::vector<double> numbers(std::string_view key) const {
    return numbersOf(def_->properties, properties_, key);
  }
  std::string text(std::string_view key) const { return textOf(def_->properties, properties_, key); }
  bool boolean(std::string_view key) const { return integer(key) != 0; }

  // All properties but `skipped` as attributes of an op, beside `fixed` ones.
  Attrs attributes(Attrs fixed = {}, std::string_view skipped = {}) const {
    for (const Property& property : def_->properties)
      if (property.key != skipped) fixed.set(property.key, propertyValue(property, properties_));
    return fixed;
  }

  Status set(std::string_view key, AttrValue value) {
    Attrs properties = properties_;
    properties.set(key, std::move(value));
    TANDEM_ASSIGN(properties_, normalizedProperties(def_->properties, properties, whose()));
    return success();
  }
  // Another type, with the settings that both have in common.
  Typed as(const Def& def) const {
    Typed other(def);
    for (const auto& [key, value] : properties_.items()) {
      const Property* property = findProperty(def.properties, key);
      if (property && checkProperty(*property, value).ok()) TANDEM_CHECK(other.set(key, value).ok(), key);
    }
    return other;
  }

  bool operator==(const Typed&) const = default;

 private:
  std::string whose() const { return fmt::format("the {} {}", Catalog<Def>::noun, def_->type); }

  const Def* def_;
  Attrs properties_;
};

}  // namespace tandem
