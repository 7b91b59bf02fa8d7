// Encodes texts as a trained model reads them. Used by encode.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/encode.h"
#include "core/data/tokenizer.h"

namespace tandem {

// The only feature if it is a text that is no column of a table.
const Field* onlyText(const Preprocessing& preprocessing);
// Whether the model predicts the tokens that follow those of a window.
bool continuesText(const Preprocessing& preprocessing);

// The inputs of a model that are texts.
class TextInputs {
 public:
  // `preprocessing` must outlive this.
  explicit TextInputs(const Preprocessing& preprocessing);

  // Appends the tokens of a text, which is valid UTF-8, to the input of its field, with its length if texts vary. An Error
  // if the text is shorter than a window.
  Status add(const Field& field, std::string_view text, const std::string& where, EncodedSamples& samples);
  // What was unknown or cut.
  void addNotes(EncodedSamples& samples) const;

 private:
  struct Input {
    const Field* field = nullptr;
    std::size_t index = 0;  // among the inputs of the model
    Tokenizer tokenizer;
    std::int64_t tokens = 0, unknown = 0;
    std::int64_t texts = 0, cut = 0;
  };

  std::vector<Input> inputs_;
  std::size_t count_ = 0;  // of all inputs of the model
};

}  // namespace tandem
