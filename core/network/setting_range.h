// The range that a project file admits for a setting, for forms: described once, in project_fields.h.
#pragma once

#include <limits>

#include "core/network/project_fields.h"

namespace tandem {

// Finds the range of one member while `describe` names all of them.
class RangeFinder {
 public:
  explicit RangeFinder(const void* member) : member_(member) {}

  template <class T>
  void integer(std::string_view, const T& value, T low, T high) {
    number({}, value, static_cast<double>(low), static_cast<double>(high));
  }
  template <class T>
  void number(std::string_view, const T& value, double low, double high) {
    if (&value == member_) range_ = {low, high};
  }
  void number(std::string_view, const double& value, ValueRange range) {
    if (&value == member_) range_ = range;
  }
  template <class T>
  void object(std::string_view, T& value) {
    describe(*this, value);
  }
  // Settings that are not one number.
  void boolean(auto&&...) {}
  void text(auto&&...) {}
  void texts(auto&&...) {}
  void textOrTexts(auto&&...) {}
  void choice(auto&&...) {}
  void value(auto&&...) {}

  ValueRange range() const {
    TANDEM_CHECK(range_.minimum <= range_.maximum, "the project file has this number");
    return range_;
  }

 private:
  const void* member_;
  ValueRange range_{1, 0};  // not found
};

// `member` is a number in `config`: rangeOf(training, &training.epochs).
template <class Config>
ValueRange rangeOf(const Config& config, const void* member) {
  RangeFinder finder(member);
  describe(finder, config);
  return finder.range();
}

}  // namespace tandem
