// The classes that the values of masks stand for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/data/image.h"

namespace tandem {

constexpr std::size_t kMaxMaskClasses = 256;

// What occurs in a mask.
struct MaskValues {
  std::set<std::uint32_t> values;
  bool colours = false;  // as in Mask
  // Whether all colours are grey: many programs store levels as three equal channels.
  bool onlyGrey() const;
};

// Errors: more than kMaxMaskClasses values.
Result<MaskValues> valuesOf(const Mask& mask);

// What a file of class names says.
struct ClassList {
  std::vector<std::string> names;      // of levels 0, 1, 2, ..., or
  std::vector<std::uint32_t> colours;  // of these colours
};

// Lines of a name, or of a colour and a name: "#ff8000 road".
Result<ClassList> parseClassList(std::string_view text, const std::string& where);

struct MaskClasses {
  bool fromColours = false;  // stored colours are grey levels unless this is set
  std::vector<std::string> names;
  std::map<std::uint32_t, std::int32_t> classOf;  // by value
  std::vector<std::string> notes;

  // The class of a value of a mask.
  std::int32_t of(std::uint32_t value, bool colours) const;
};

// The classes of these masks, in the order of their values or of the list. Level 255 beyond the list, or beside a level 1
// without a list, is a class "void". Errors: levels and colours together, values that the list lacks, fewer than two
// classes, more than kMaxMaskClasses. `nameOf` names a mask.
Result<MaskClasses> classesOf(const std::vector<MaskValues>& masks, const ClassList* list,
                              const std::function<std::string(std::size_t)>& nameOf,
                              const std::string& where);

}  // namespace tandem
