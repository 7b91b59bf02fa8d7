#include "core/data/encode_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/data/utf8.h"

namespace tandem {

const Field* onlyText(const Preprocessing& preprocessing) {
  const std::vector<InputFields> inputs = preprocessing.inputs();
  return inputs.size() == 1 && inputs[0].isText() && preprocessing.table.delimiter.empty()
             ? inputs[0].fields[0]
             : nullptr;
}

bool continuesText(const Preprocessing& preprocessing) {
  const Field* const text = onlyText(preprocessing);
  return text != nullptr && text->text.stride > 0;
}

TextInputs::TextInputs(const Preprocessing& preprocessing) {
  const std::vector<InputFields> inputs = preprocessing.inputs();
  count_ = inputs.size();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].isText()) continue;
    const Field& field = *inputs[i].fields[0];
    inputs_.push_back({&field, i, Tokenizer(field.text, field.categories)});
  }
}

Status TextInputs::add(const Field& field, std::string_view text, const std::string& where,
                       EncodedSamples& samples) {
  const auto input = std::ranges::find(inputs_, &field, &Input::field);
  TANDEM_CHECK(input != inputs_.end(), field.name);
  const auto steps = static_cast<std::size_t>(field.text.steps);
  std::vector<std::int32_t> tokens;
  input->tokenizer.encode(text, tokens);
  const bool window = field.text.stride > 0;
  if (window && tokens.size() < steps)
    return invalid(fmt::format("the text has {} {}, but the network continues texts of at least {}",
                               tokens.size(), nameOf(field.text.unit), steps),
                   where, "Provide a longer text");
  const bool empty = tokens.empty();  // neither known nor unknown
  if (empty) tokens.push_back(kUnknown);
  ++input->texts;
  if (tokens.size() > steps && window) tokens.erase(tokens.begin(), tokens.end() - field.text.steps);
  if (tokens.size() > steps) {
    ++input->cut;
    tokens.resize(steps);
  }
  if (!empty) {
    input->tokens += std::ssize(tokens);
    input->unknown += std::ranges::count(tokens, kUnknown);
  }
  std::vector<float>& out = samples.inputs[input->index];
  for (const std::int32_t token : tokens) out.push_back(static_cast<float>(token));
  out.insert(out.end(), steps - tokens.size(), static_cast<float>(kPadding));
  if (window) return success();
  samples.lengths.resize(count_);
  samples.lengths[input->index].push_back(static_cast<std::int32_t>(tokens.size()));
  return success();
}

void TextInputs::addNotes(EncodedSamples& samples) const {
  for (const Input& input : inputs_) {
    const TextFormat& format = input.field->text;
    if (input.unknown > 0)
      samples.notes.push_back(
          fmt::format("{:.1f}% of the {} in \"{}\" are unknown to the network",
                      100 * static_cast<double>(input.unknown) / static_cast<double>(input.tokens),
                      nameOf(format.unit), input.field->name));
    if (input.cut > 0)
      samples.notes.push_back(
          input.texts == 1
              ? fmt::format("The text is cut at the end, because it has more than {} {}", format.steps,
                            nameOf(format.unit))
              : fmt::format("{} of {} texts in \"{}\" are cut at the end, because they have more than {} {}",
                            input.cut, input.texts, input.field->name, format.steps, nameOf(format.unit)));
  }
}

Result<EncodedSamples> encodeText(std::string_view text, const Preprocessing& preprocessing,
                                  const std::string& where) {
  const std::vector<InputFields> inputs = preprocessing.inputs();
  if (inputs.size() != 1 || !inputs[0].isText())
    return invalid(inputs.size() == 1 ? "this is a text, but the network needs other data"
                                      : "this is a text, but the network needs further inputs",
                   where, "Provide the data that the network was trained on");
  if (const std::size_t bad = firstInvalidUtf8(text); bad != text.npos)
    return invalid(fmt::format("the text is not UTF-8 at byte {}", bad + 1), where, "Write it as UTF-8");
  EncodedSamples samples;
  samples.rows = 1;
  samples.inputs.resize(1);
  TextInputs texts(preprocessing);
  TANDEM_TRY(texts.add(*inputs[0].fields[0], composed(std::string(text)), where, samples));
  texts.addNotes(samples);
  return samples;
}

}  // namespace tandem
