// The meaning of a model's numbers: the fields of the data it was trained on, how they are encoded and
// normalized, and the names of the classes. Made by the readers, stored in checkpoints, and used wherever a
// model reads new data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/data/series_spec.h"
#include "core/data/table_format.h"
#include "core/data/text_format.h"
#include "core/tensor/tensor.h"

namespace tandem {

class Dataset;

// Weight: of the samples in the training loss; new data need not have it. Group, Order: see SeriesSpec.
enum class FieldRole : std::uint8_t { Feature, Target, Ignored, Weight, Group, Order };
enum class FieldKind : std::uint8_t { Number, Category, Image, Text };

// A column of a table, an image, or a text.
struct Field {
  std::string name;
  FieldRole role = FieldRole::Feature;
  FieldKind kind = FieldKind::Number;
  // Of a category: its values. As a feature they are one-hot encoded in this order; as the target they are the
  // class names in the order of the outputs. Of a text: its vocabulary (tokenizer.h).
  std::vector<std::string> categories;
  // Of an image: (height, width, channels). Levels are divided by 255 before they are normalized. Of a category as the
  // target: (height, width, 1) if each pixel has a class, (steps) if each step has one.
  Shape image;
  TextFormat text;  // of a text: how it is cut into tokens, at most text.steps of them
  // Of a feature: x' = (x - mean) * scale in f32, for each of its numbers or each channel of an image. Of a target:
  // the network predicts x'. Both are empty without normalization.
  std::vector<double> mean, scale;
  // Of a target of windows: the column that it reads, `ahead` rows after the last of the window. Its name is then
  // "price +2". Fields of the same column follow each other.
  std::string column;
  std::int64_t ahead = 0;
  // Of a number as a feature: float32 changes values of the training data by more than kFloat32Error standard
  // deviations, so that programs that read them as float32 answer differently.
  bool exceedsFloat32 = false;

  std::int64_t width() const;  // numbers in a sample, or in a row of a series
  const std::string& columnName() const { return column.empty() ? name : column; }
  bool operator==(const Field&) const = default;
};

constexpr double kFloat32Error = 1e-5;

// Whether the target is standardized or shifted, so that predictions must be converted to its unit.
bool isScaled(const Field& target);

std::string_view nameOf(FieldRole role);
std::string_view nameOf(FieldKind kind);

// Features that form one input of the network: one image, one text, or all other columns of a table.
struct InputFields {
  std::string name;  // of the dataset's tensor
  std::vector<const Field*> fields;
  std::int64_t steps = 0;  // of a series: rows of a sample
  bool varies = false;     // a sample may have fewer steps

  Shape sample() const;  // of a series: (steps, numbers of a row)
  bool isImage() const { return fields.size() == 1 && fields[0]->kind == FieldKind::Image; }
  bool isText() const { return fields.size() == 1 && fields[0]->kind == FieldKind::Text; }
  // Per number of a sample or of a row of a series, or per channel of an image: 0 and 1 without normalization.
  std::vector<double> mean() const, scale() const;
  std::vector<std::string> names()
      const;  // in the same order: "size", "colour=red", "channel 1"; of a text none
};

// The name of the dataset's tensor that holds a feature or a target.
std::string_view tensorOf(const Field& field);

struct Preprocessing {
  std::vector<Field> fields;  // in the order of the data; features in the order of the model's input
  bool named = false;         // new data can be matched by the names of the fields
  bool complete = false;  // these are all columns of the data, not only those that the model's file implies
  TableFormat table;      // of a table: how the training data was written
  SeriesSpec series;      // of a table whose rows form series; the steps are known

  // In the order of the network's inputs and of the dataset's targets. They refer to `fields`.
  std::vector<InputFields> inputs() const;
  std::vector<const Field*> targets() const;
  const Field* target(std::string_view name) const;  // nullptr if there is none of that name
  bool operator==(const Preprocessing&) const = default;
};

constexpr std::int64_t kMaxFields = 1'000'000;

// Whether samples of this shape would need more than kMaxFields fields; check it for shapes from files.
bool hasTooManyFields(const Shape& sample);

// The name of a column without one, counted from 0: "column 1".
std::string numberedColumn(std::size_t index);

// The fields of a table as those of a series: each target of windows becomes one for each row ahead, after a feature for
// its past.
std::vector<Field> seriesFields(const std::vector<Field>& fields, const SeriesSpec& series);

// The fields of a dataset with its normalization.
Preprocessing preprocessingOf(const Dataset& data);
// Numbers named "column 1", "column 2", ... or one image, not normalized, and the target "target": of a model whose file
// does not describe its data.
Preprocessing unnamedFields(const Shape& sample, const std::vector<std::string>& classNames);

}  // namespace tandem
