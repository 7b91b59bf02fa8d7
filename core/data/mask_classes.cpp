#include "core/data/mask_classes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/data/utf8.h"

namespace tandem {
namespace {

constexpr std::uint32_t kVoid = 255;
constexpr const char* kVoidName = "void";

bool isGrey(std::uint32_t colour) {
  return (colour >> 16 & 0xff) == (colour & 0xff) && (colour >> 8 & 0xff) == (colour & 0xff);
}

std::uint32_t levelOf(std::uint32_t value, bool colour) {
  return colour ? value & 0xff : value;
}

std::string colourText(std::uint32_t colour) {
  return fmt::format("#{:06x}", colour);
}

Error tooMany(const std::string& where) {
  return invalid(
      fmt::format("the masks have more than {} different values", kMaxMaskClasses), where,
      "Are they images rather than masks, or enlarged with blended borders? Save each class in one level or "
      "colour");
}

// "#ff8000" at the start of a line.
std::optional<std::uint32_t> colourIn(std::string_view line) {
  constexpr std::size_t kLength = 7;
  if (line.size() < kLength || line[0] != '#') return std::nullopt;
  std::uint32_t colour = 0;
  const auto [end, error] = std::from_chars(line.data() + 1, line.data() + kLength, colour, 16);
  if (error != std::errc() || end != line.data() + kLength) return std::nullopt;
  return colour;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  return from == text.npos ? std::string_view()
                           : text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

void noteVoid(MaskClasses& classes) {
  classes.notes.push_back(fmt::format(
      "Level {} is the class \"{}\". Its pixels count like others; to leave them out of the training loss, give the "
      "class the weight 0 (\"class_weights\": \"custom\" of the loss)",
      kVoid, kVoidName));
}

Status addLevels(const std::set<std::uint32_t>& levels, const ClassList* list, const std::string& where,
                 MaskClasses& classes) {
  if (list) {
    classes.names = list->names;
    for (std::size_t i = 0; i < list->names.size(); ++i)
      classes.classOf[static_cast<std::uint32_t>(i)] = static_cast<std::int32_t>(i);
    if (levels.contains(kVoid) && !classes.classOf.contains(kVoid)) {
      const auto named = std::ranges::find(classes.names, kVoidName);
      classes.classOf[kVoid] = static_cast<std::int32_t>(named - classes.names.begin());
      if (named == classes.names.end()) classes.names.emplace_back(kVoidName);
      noteVoid(classes);
    }
    for (const std::uint32_t level : levels)
      if (!classes.classOf.contains(level))
        return invalid(
            fmt::format("level {} occurs in the masks, but {} classes are named, of the levels 0 to {}",
                        level, list->names.size(), list->names.size() - 1),
            where, "Name all classes, in the order of their levels, or remove the file");
    return success();
  }
  // Masks of levels such as 0, 128 and 255 use the whole range; those of indices have a level 1.
  const bool hasVoid = levels.contains(kVoid) && levels.contains(1);
  for (const std::uint32_t level : levels) {
    classes.classOf[level] = static_cast<std::int32_t>(classes.names.size());
    classes.names.push_back(hasVoid && level == kVoid ? kVoidName : fmt::format("class {}", level));
  }
  if (hasVoid) noteVoid(classes);
  return success();
}

Status addColours(const std::set<std::uint32_t>& colours, const ClassList* list, const std::string& where,
                  MaskClasses& classes) {
  if (list && list->colours.empty())
    return invalid("the masks have colours, but the names of the classes are without theirs", where,
                   "Put the colour before each name, as in \"#ff8000 road\"");
  if (list) {
    classes.names = list->names;
    for (std::size_t i = 0; i < list->colours.size(); ++i)
      classes.classOf[list->colours[i]] = static_cast<std::int32_t>(i);
  }
  for (const std::uint32_t colour : colours) {
    if (list && !classes.classOf.contains(colour))
      return invalid(fmt::format("the colour {} occurs in the masks, but is not listed", colourText(colour)),
                     where, "Add it to the list");
    if (list) continue;
    classes.classOf[colour] = static_cast<std::int32_t>(classes.names.size());
    classes.names.push_back(colourText(colour));
  }
  return success();
}

}  // namespace

bool MaskValues::onlyGrey() const {
  return std::ranges::all_of(values, isGrey);
}

Result<MaskValues> valuesOf(const Mask& mask) {
  MaskValues found{{}, mask.colours};
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    if (i > 0 && mask.values[i] == mask.values[i - 1]) continue;
    found.values.insert(mask.values[i]);
    if (found.values.size() > kMaxMaskClasses)
      return invalid(fmt::format(
          "its mask has more than {} different values, like an image rather than a mask", kMaxMaskClasses));
  }
  return found;
}

Result<ClassList> parseClassList(std::string_view text, const std::string& where) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  if (firstInvalidUtf8(text) != text.npos)
    return invalid("the names of the classes are not UTF-8", where, "Save the file as UTF-8");
  ClassList list;
  std::size_t line = 0, blank = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view name = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    if (name.empty()) {
      if (blank == 0) blank = line;
      continue;
    }
    const auto refuse = [&](std::size_t at, std::string_view message) {
      return invalid(message, fmt::format("{}:{}", where, at),
                     "Write one name per line, in the order of the levels");
    };
    if (blank > 0) return refuse(blank, "the line is empty");
    if (const auto colour = colourIn(name)) {
      name = trimmed(name.substr(7));
      if (std::ranges::find(list.colours, *colour) != list.colours.end())
        return refuse(line, "the colour appears twice");
      list.colours.push_back(*colour);
    }
    if (name.empty()) return refuse(line, "the class has no name");
    if (std::ranges::find(list.names, name) != list.names.end())
      return refuse(line, "the name appears twice");
    list.names.push_back(composed(std::string(name)));
    if (!list.colours.empty() && list.colours.size() != list.names.size())
      return refuse(line, "some classes have a colour and others none");
    if (list.names.size() > kMaxMaskClasses)
      return refuse(line, fmt::format("there are more than {} classes", kMaxMaskClasses));
  }
  if (list.names.empty())
    return invalid("the file names no classes", where, "Add one name per line, or remove it");
  return list;
}

std::int32_t MaskClasses::of(std::uint32_t value, bool colours) const {
  return classOf.at(fromColours ? value : levelOf(value, colours));
}

Result<MaskClasses> classesOf(const std::vector<MaskValues>& masks, const ClassList* list,
                              const std::function<std::string(std::size_t)>& nameOf,
                              const std::string& where) {
  MaskClasses classes;
  std::optional<std::size_t> coloured, levelled;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if (!masks[i].colours && !levelled) levelled = i;
    if (masks[i].colours && !coloured && !masks[i].onlyGrey()) coloured = i;
  }
  if (coloured && levelled)
    return invalid(fmt::format("the masks differ: {} has colours, but {} has grey levels or a palette",
                               nameOf(*coloured), nameOf(*levelled)),
                   where, "Save all masks in the same way");
  classes.fromColours = coloured.has_value();
  std::set<std::uint32_t> values;
  for (const MaskValues& mask : masks)
    for (const std::uint32_t value : mask.values)
      values.insert(classes.fromColours ? value : levelOf(value, mask.colours));
  if (values.size() > kMaxMaskClasses) return tooMany(where);
  TANDEM_TRY(classes.fromColours ? addColours(values, list, where, classes)
                                 : addLevels(values, list, where, classes));
  if (classes.names.size() > kMaxMaskClasses) return tooMany(where);
  if (classes.names.size() < 2)
    return invalid(
        fmt::format("all pixels of all masks have the same {}", classes.fromColours ? "colour" : "level"),
        where, "At least two classes are needed");
  return classes;
}

}  // namespace tandem
