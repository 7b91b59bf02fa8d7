// Encodes new data as the input of a trained model, with the fields of its training data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/preprocessing.h"

namespace tandem {

// The labels of one target.
struct EncodedTarget {
  std::vector<std::int32_t> classOf;  // of a category: the class of each row
  std::vector<double> valueOf;        // of a number: in its own unit
};

struct EncodedSamples {
  std::int64_t rows = 0;
  // Of each input of the model, as Preprocessing::inputs() lists them: (rows, sample...), normalized in double precision.
  // Tokens are whole numbers, which float32 holds exactly. Samples that are shorter are padded with 0.
  std::vector<std::vector<float>> inputs;
  // Of each input: the steps of each row if it varies in length, else empty. Without any, all rows have all steps.
  std::vector<std::vector<std::int32_t>> lengths;
  std::vector<EncodedTarget> targets;  // with labels: as Preprocessing::targets() lists them
  // Of each row of a table, from 1, or of an array, from 0; empty for an image.
  std::vector<std::int64_t> lines;
  std::vector<std::string> groups;  // of each sample of a table of several series: the series
  std::vector<std::string> notes;   // for the user: how columns were matched if not by name
};

enum class Labels : bool { NotNeeded, Needed };

// Encodes the rows of a CSV text in UTF-8 (csv_rows.h). Columns are matched by the names in the header row: all
// features must be there, in any order, and the target, sample weights and ignored columns may be. Without a header, or
// for a model whose fields have no names, they are matched by position: either the features alone or all fields of the
// training data, perhaps without the sample weights, if these are known. The first row is a header if it contains most
// of the features' names, or neither a number nor a known category. Numbers may be written as in the training data or otherwise, if the file leaves no doubt.
// Errors name the line and the column: missing, unknown or repeated columns, an unknown category, a missing value, a
// text or an infinite number where a number is expected. With Labels::Needed the targets must be there, too. A column of images holds
// the names of PNG or JPEG files, relative to the folder of `where`. For a model of series, the samples are windows or whole
// sequences of the rows, named by their last lines; without labels, the last window of each series ends with its last
// row. The column that names the series must be there. `given` holds
// what the user has set for this table: its delimiter, decimal and thousands separators and missing values; what is empty
// there is decided from the table.
Result<EncodedSamples> encodeTable(std::string_view text, const Preprocessing& preprocessing,
                                   const std::string& where, Labels labels = Labels::NotNeeded,
                                   const TableFormat& given = {});

// Reads and encodes a file: an image, an array without labels (encodeArray), a table or a text, the latter two also
// compressed with gzip, in the encoding that `given` names, or else in Unicode or the encoding of the training data. For a
// model of texts that were no table, a file is a text unless its name ends in .csv, .tsv or .arff. An ARFF file is a table.
Result<EncodedSamples> encodeFile(const std::filesystem::path& file, const Preprocessing& preprocessing,
                                  Labels labels = Labels::NotNeeded, const TableFormat& given = {});

// Encodes a NumPy array of an .npy or .npz file, whose numbers are those of the model's only input, in their order. Images
// are levels up to 255, or these divided by 255.
Result<EncodedSamples> encodeArray(const std::filesystem::path& file, const Preprocessing& preprocessing);

// Encodes a text as one sample, for a model whose only input it is. Words that the model does not know become the unknown
// token, and so does a text without any word. For a model that continues texts: the end of the text; an Error if it is
// shorter than a window.
Result<EncodedSamples> encodeText(std::string_view text, const Preprocessing& preprocessing,
                                  const std::string& where);

// The only feature if it is an image that no table names; else nullptr.
const Field* onlyImage(const Preprocessing& preprocessing);

// Encodes a PNG or JPEG image, resized to the model's input.
Result<EncodedSamples> encodeImage(std::span<const std::uint8_t> bytes, const Preprocessing& preprocessing,
                                   const std::string& where);

}  // namespace tandem
