#include "core/network/preprocessing_json.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/data/image_name.h"
#include "core/data/tokenizer.h"
#include "core/data/utf8.h"
#include "core/json/fields.h"
#include "core/network/project_fields.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxName = 1 << 20;
constexpr std::int64_t kMaxExtent = 1 << 20;

// A field as it is written: the image's shape as a list.
struct StoredField {
  Field field;
  std::vector<std::int64_t> image;
};

struct Stored {
  bool named = false, complete = false;
  std::vector<StoredField> fields;
  TableFormat table;
  SeriesSpec series;
};

template <class Fields, class T>
void describe(Fields& f, T& stored) requires std::is_same_v<std::remove_const_t<T>, StoredField> {
  f.text("name", stored.field.name, kMaxName);
  f.choice("role", stored.field.role, 6);
  f.choice("kind", stored.field.kind, 4);
  f.texts("categories", stored.field.categories);
  f.integers("image", stored.image, std::int64_t{1}, kMaxExtent);
  f.object("text", stored.field.text);
  f.measures("mean", stored.field.mean);
  f.measures("scale", stored.field.scale);
  f.boolean("exceeds_float32", stored.field.exceedsFloat32);
  f.text("column", stored.field.column, kMaxName);
  f.template integer<std::int64_t>("ahead", stored.field.ahead, 0, 2 * SeriesSpec::kMaxSteps);
}

template <class Fields, class T>
void describe(Fields& f, T& stored) requires std::is_same_v<std::remove_const_t<T>, Stored> {
  f.boolean("named", stored.named);
  f.boolean("complete", stored.complete);
  f.objects("fields", stored.fields, static_cast<std::size_t>(kMaxFields));
  f.object("table", stored.table);
  f.object("series", stored.series);
}

bool finite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

// What does not fit in a field, or nothing.
std::string problemOf(const Field& field) {
  const bool image = field.kind == FieldKind::Image;
  const bool pixels = field.kind == FieldKind::Category && field.role != FieldRole::Feature;  // perhaps
  if (!pixels && image != (field.image.rank() == 3)) return "the shape of an image must have three extents";
  const bool text = field.kind == FieldKind::Text;
  if ((field.kind == FieldKind::Category || text) != !field.categories.empty())
    return "categories must be listed for a category or a text, and only there";
  if (text && (field.role == FieldRole::Target || field.role == FieldRole::Weight))
    return "a text must be a feature";
  if (text && (field.text.steps < 1 || !isVocabulary(field.categories) || !field.mean.empty()))
    return "the vocabulary of a text and its number of steps are needed";
  const auto count = static_cast<std::size_t>(image ? field.image[2] : field.width());
  if (field.mean.size() != field.scale.size()) return "it has a mean or a scale without the other";
  // The target's scale is a divisor.
  for (const double scale : field.scale)
    if (scale == 0 || !std::isfinite(1 / scale)) return "a scale is 0 or too small";
  for (const auto* factors : {&field.mean, &field.scale}) {
    if (!factors->empty() && factors->size() != count)
      return fmt::format("the number of means and scales is {}, not {}", factors->size(), count);
    if (!finite(*factors)) return "the normalization is not finite";
  }
  return {};
}

std::string problemOf(const SeriesSpec& series, const std::vector<Field>& fields, bool images) {
  const auto count = [&](FieldRole role) { return std::ranges::count(fields, role, &Field::role); };
  if (count(FieldRole::Group) > 1 || count(FieldRole::Order) > 1)
    return "it has several groups or time stamps";
  if (!series.isSet()) {
    const bool plain = std::ranges::all_of(
        fields, [](const Field& field) { return field.ahead == 0 && field.column.empty(); });
    return plain ? "" : "it predicts rows ahead, but has no series";
  }
  if (series.steps < 1 || images) return "a series needs steps of numbers and categories";
  if (series.whole && count(FieldRole::Group) == 0) return "whole sequences need a group";
  if (series.eachStep && !series.whole) return "a target for each row needs whole sequences";
  for (const Field& field : fields) {
    if (field.role != FieldRole::Target || series.whole) continue;
    if (field.column.empty() || field.ahead < series.horizon || field.ahead >= series.horizon + series.ahead)
      return inQuotes(field.name) + " is not a row ahead of the window";
  }
  return {};
}

}  // namespace

std::string toJson(const Preprocessing& preprocessing) {
  Stored stored{preprocessing.named, preprocessing.complete, {}, preprocessing.table, preprocessing.series};
  for (const Field& field : preprocessing.fields) {
    const auto extents = field.image.dims();
    stored.fields.push_back({field, {extents.begin(), extents.end()}});
  }
  Json json = Json::object();
  FieldWriter writer(json);
  describe(writer, stored);
  for (Json& field : json["fields"]) {  // most fields have none
    for (const char* list : {"categories", "image", "mean", "scale"})
      if (field[list].empty()) field.erase(list);
    if (field["kind"] != nameOf(FieldKind::Text)) field.erase("text");
    if (field["exceeds_float32"] == false) field.erase("exceeds_float32");
    if (field["ahead"] == 0) {
      field.erase("ahead");
      field.erase("column");
    }
  }
  if (!preprocessing.series.isSet()) json.erase("series");
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Preprocessing> preprocessingFromJson(std::string_view text, const std::string& where) {
  const auto damaged = [&](std::string_view message) {
    return invalid("the description of the data is damaged: " + std::string(message), where,
                   "Use another checkpoint of this run, or export the model again");
  };
  const auto json = parseJson(text, {.bytes = 256u << 20, .values = 20'000'000});
  if (!json.ok()) return damaged(json.error().message);
  if (!json->is_object()) return damaged("it is not an object");
  Stored stored;
  const Path path;
  FieldReader reader(*json, path);
  describe(reader, stored);
  if (const Status status = reader.finish(); !status.ok()) return damaged(status.error().text());
  Preprocessing result;
  result.named = stored.named;
  result.complete = stored.complete;
  result.table = stored.table;
  result.series = stored.series;
  if (const Status status = checkFormat(result.table); !status.ok()) return damaged(status.error().message);
  for (StoredField& each : stored.fields) {
    if (!each.image.empty()) {
      const bool steps = each.image.size() == 1 && each.field.kind == FieldKind::Category &&
                         each.field.role != FieldRole::Feature;
      if (each.image.size() != 3 && !steps) return damaged("the shape of an image must have three extents");
      each.field.image = Shape(std::span<const std::int64_t>(each.image));
    }
    if (const std::string problem = problemOf(each.field); !problem.empty())
      return damaged(inQuotes(each.field.name) + ": " + problem);
    each.field.name = composed(std::move(each.field.name));
    each.field.column = composed(std::move(each.field.column));
    for (std::string& category : each.field.categories) category = composed(std::move(category));
    result.fields.push_back(std::move(each.field));
  }
  if (result.named) {
    std::set<std::string_view> names;
    for (const Field& field : result.fields)
      if (field.name.empty() || !names.insert(field.name).second)
        return damaged("the fields need different names");
  }
  const auto isInput = [](const Field& field) {  // by itself
    return field.role == FieldRole::Feature &&
           (field.kind == FieldKind::Image || field.kind == FieldKind::Text);
  };
  const auto features = std::ranges::count(result.fields, FieldRole::Feature, &Field::role);
  const auto inputs = std::ranges::count_if(result.fields, isInput);
  if (features == 0) return damaged("it has no features");
  if (std::ranges::count(result.fields, FieldRole::Weight, &Field::role) > 1)
    return damaged("it has several sample weights");
  if (std::cmp_greater(inputs, kMaxImageColumns)) return damaged("it has too many images and texts");
  if (const std::string problem = problemOf(result.series, result.fields, inputs > 0); !problem.empty())
    return damaged(problem);
  std::set<std::string_view> tensors;
  if (inputs > 0 && features > inputs && std::ranges::any_of(result.fields, [&](const Field& f) {
        return isInput(f) && f.name == tensorOf(Field{});
      }))
    return damaged("an image or a text has the name of the table");
  for (const Field& field : result.fields)
    if ((field.role == FieldRole::Target || isInput(field)) && !tensors.insert(field.name).second)
      return damaged("images, texts and targets need different names");
  return result;
}

}  // namespace tandem
