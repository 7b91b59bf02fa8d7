// Texts of a dataset as tokens.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/data/reader.h"
#include "core/data/tokenizer.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

constexpr std::int64_t kUsualSteps = 200, kMostSteps = 1000;

// The tokens of all texts after one another.
struct Tokens {
  std::vector<std::int32_t> all;
  std::vector<std::size_t> ends;  // of each text

  std::span<const std::int32_t> of(std::size_t text) const {
    const std::size_t first = text == 0 ? 0 : ends[text - 1];
    return std::span(all).subspan(first, ends[text] - first);
  }
};

// As TextFormat::steps says.
std::int64_t chooseSteps(const Tokens& tokens, std::span<const std::int64_t> training) {
  std::vector<std::int64_t> lengths;
  for (const std::int64_t i : training) lengths.push_back(std::ssize(tokens.of(static_cast<std::size_t>(i))));
  std::ranges::sort(lengths);
  if (lengths.back() <= kUsualSteps) return lengths.back();
  const std::size_t most = (lengths.size() * 95 + 99) / 100 - 1;
  return std::clamp(lengths[most], kUsualSteps, kMostSteps);
}

// For the user: what was unknown, cut or empty.
void note(const std::string& what, const Tokenizer& tokenizer, const Tokens& tokens, const TextFormat& format,
          Dataset& data) {
  std::vector<std::string>& notes = data.info.notes;
  notes.push_back(fmt::format("{} as {}: {} different ones in the training set{}", what, nameOf(format.unit),
                              tokenizer.vocabulary().size() - kFirstToken,
                              std::ssize(tokenizer.vocabulary()) == format.vocabulary
                                  ? ", the most that the vocabulary may have"
                                  : ""));
  std::size_t unknown = 0, all = 0;
  for (const std::int64_t i : data.part(SplitPart::Validation)) {
    const auto text = tokens.of(static_cast<std::size_t>(i));
    unknown += static_cast<std::size_t>(std::ranges::count(text, kUnknown));
    all += text.size();
  }
  if (unknown > 0)
    notes.push_back(fmt::format("{:.1f}% of the {} in the validation set are unknown",
                                100 * static_cast<double>(unknown) / static_cast<double>(all),
                                nameOf(format.unit)));
  std::size_t cut = 0;
  for (std::size_t i = 0; i < tokens.ends.size(); ++i) cut += std::ssize(tokens.of(i)) > format.steps ? 1 : 0;
  if (cut > 0)
    notes.push_back(fmt::format("{} of {} are cut at the end, because they have more than {} {}", cut,
                                counted(tokens.ends.size(), "text"), format.steps, nameOf(format.unit)));
}

Status encode(const RawTexts& raw, const DataSpec& spec, Dataset& data, const LoadProgress& progress) {
  const bool column = spec.kind == DataKind::Csv;
  const std::string where = spec.path.empty() ? spec.generator : spec.path;
  const std::vector<std::int64_t>& training = data.part(SplitPart::Train);
  std::vector<std::string_view> texts;
  for (const std::int64_t i : training) texts.push_back(raw.values[static_cast<std::size_t>(i)]);
  TextFormat format = spec.text;
  format.stride = 0;
  Status going = success();
  const auto cancelled = [&] {
    if (going.ok()) going = report(progress, 1);  // all texts have been read
    return !going.ok();
  };
  Tokenizer tokenizer = spec.vocabulary.empty() ? Tokenizer::learn(format, texts, cancelled)
                                                : Tokenizer(format, spec.vocabulary);
  TANDEM_TRY(std::move(going));
  const std::string what = column ? fmt::format("Column \"{}\" is read", raw.input) : "Texts are read";
  if (tokenizer.vocabulary().size() <= kFirstToken + 1)
    return invalid(
        fmt::format("{} of the training set {} {}",
                    column ? fmt::format("column \"{}\"", raw.input) : "the texts",
                    column ? "contains" : "contain",
                    tokenizer.vocabulary().size() == kFirstToken ? "nothing but spaces" : "only one token"),
        where, "Use other texts, or cut them into characters");
  Tokens tokens;
  std::size_t empty = 0;
  for (const std::string& value : raw.values) {
    TANDEM_TRY(report(progress, 1));
    const std::size_t before = tokens.all.size();
    tokenizer.encode(value, tokens.all);
    if (tokens.all.size() == before) {
      ++empty;
      tokens.all.push_back(kUnknown);
    }
    tokens.ends.push_back(tokens.all.size());
  }
  if (format.steps == 0) format.steps = chooseSteps(tokens, training);
  const std::size_t rows = raw.values.size(), steps = static_cast<std::size_t>(format.steps);
  TANDEM_TRY(
      checkMemory(static_cast<double>(rows) * static_cast<double>(steps) * sizeof(std::int32_t), where));

  const auto input = static_cast<std::size_t>(
      std::ranges::find(data.info.inputs, raw.input, &DataTensor::name) - data.info.inputs.begin());
  std::vector<std::int32_t>& values = data.inputs[input].classOf;
  values.assign(rows * steps, kPadding);
  std::vector<std::int32_t>& lengths = data.lengths.emplace_back().classOf;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto text = tokens.of(i).first(std::min(steps, tokens.of(i).size()));
    std::ranges::copy(text, values.begin() + static_cast<std::ptrdiff_t>(i * steps));
    lengths.push_back(static_cast<std::int32_t>(text.size()));
  }
  note(what, tokenizer, tokens, format, data);
  if (empty > 0)
    data.info.notes.push_back(fmt::format("{} without {} {} read as one unknown token",
                                          counted(empty, "text"), nameOf(format.unit),
                                          empty == 1 ? "is" : "are"));
  const auto field = std::ranges::find_if(data.info.fields, [&](const Field& each) {
    return each.role == FieldRole::Feature && each.name == raw.input;
  });
  TANDEM_CHECK(field != data.info.fields.end(), raw.input);
  field->categories = tokenizer.vocabulary();
  field->text = format;
  data.info.inputs[input] = inputTensor({raw.input, {&*field}});
  return success();
}

}  // namespace

Status encodeTexts(RawData& raw, const DataSpec& spec, const LoadProgress& progress) {
  if (raw.texts.empty()) return success();
  for (RawTexts& texts : raw.texts) {
    TANDEM_TRY(encode(texts, spec, raw.data, progress));
    texts.values = {};
  }
  raw.texts.clear();
  raw.data.info.addLengths();
  return success();
}

Status encodeTextsAsRead(RawData& raw, const DataSpec& spec) {
  if (raw.texts.empty()) return success();
  std::vector<std::int64_t>& training = raw.data.parts[static_cast<int>(SplitPart::Train)];
  training.resize(raw.texts[0].values.size());
  std::iota(training.begin(), training.end(), std::int64_t{0});
  raw.data.info.notes.emplace_back(
      "The vocabulary and the number of steps are those of the texts at the start; all of them are read for training");
  return encodeTexts(raw, spec);
}

}  // namespace tandem
