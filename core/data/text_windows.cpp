// A text file whose next tokens are predicted: windows of tokens, and as the target of each the window one token later.
// Its end is the test set, and what is before that the validation set, so that no part contains tokens of another.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "core/data/reader.h"
#include "core/data/text_file.h"
#include "core/data/tokenizer.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

constexpr std::int64_t kUsualSteps = 64;
constexpr std::array kPartNames{"training", "validation", "test"};  // by SplitPart

// The texts of the parts, in order.
std::array<std::string_view, 3> partsOf(std::string_view text, const DataSpec& spec) {
  const auto share = [](double fraction) { return std::clamp(fraction, 0.0, 0.9); };
  // The last `fraction` of the text before `end`, from the start of a word if there is one near.
  const auto cut = [&](std::size_t end, double fraction) {
    constexpr std::size_t kNear = 200;
    auto at = static_cast<std::size_t>(static_cast<double>(end) * (1 - share(fraction)));
    const std::string_view spaces = " \n";
    if (at == end || at == 0 || spaces.find(text[at - 1]) != spaces.npos) return at;
    const std::size_t space = text.substr(0, std::min(end, at + kNear)).find_first_of(spaces, at);
    if (space != text.npos) return space + 1;
    while (at < end && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
    return at;
  };
  const std::size_t test = cut(text.size(), spec.testFraction),
                    validation = cut(test, spec.validationFraction);
  return {text.substr(0, validation), text.substr(validation, test - validation), text.substr(test)};
}

std::int64_t windowsOf(std::int64_t tokens, const TextFormat& format) {
  return tokens < format.steps + 1 ? 0 : (tokens - format.steps - 1) / format.stride + 1;
}

Status checkLength(const DataSpec& spec, const TextFormat& format, std::size_t part, std::size_t tokens) {
  const double fraction = part == 1 ? spec.validationFraction : part == 2 ? spec.testFraction : 1;
  if (fraction <= 0 || windowsOf(static_cast<std::int64_t>(tokens), format) > 0) return success();
  return invalid(fmt::format("the {} part of the text has {} {}, but a window and its next token need {}",
                             kPartNames[part], tokens, nameOf(format.unit), format.steps + 1),
                 spec.path,
                 part == 0
                     ? "Use a longer text, shorter windows, or smaller fractions for validation and test"
                     : "Use a longer text, shorter windows, or another fraction for this part");
}

DatasetInfo describe(const DataSpec& spec, const TextFormat& format,
                     const std::vector<std::string>& vocabulary) {
  DatasetInfo info;
  info.name = std::filesystem::path(spec.path).stem().string();
  info.fields = {{.name = "text", .kind = FieldKind::Text, .categories = vocabulary, .text = format},
                 {.name = "next",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = vocabulary,
                  .image = Shape{format.steps}}};
  info.inputs[0] = inputTensor({"text", {info.fields.data()}});
  info.targets[0] = info.inputs[0];
  info.targets[0].name = "next";
  info.table.encoding = spec.table.encoding;
  return info;
}

// samples: whether to build the windows, too, which can need much more memory than the text.
Result<RawData> parse(const DataSpec& spec, std::string_view text, const LoadProgress& progress,
                      bool samples) {
  TextFormat format = spec.text;
  if (format.steps == 0) format.steps = kUsualSteps;
  if (format.stride == 0) format.stride = format.steps;
  const std::array<std::string_view, 3> parts = partsOf(text, spec);
  Status going = success();
  const auto cancelled = [&] {
    if (going.ok()) going = report(progress, 0);
    return !going.ok();
  };
  Tokenizer tokenizer = spec.vocabulary.empty() ? Tokenizer::learn(format, std::span(&parts[0], 1), cancelled)
                                                : Tokenizer(format, spec.vocabulary);
  TANDEM_TRY(std::move(going));
  TANDEM_TRY(report(progress, 0.5));
  if (tokenizer.vocabulary().size() <= kFirstToken + 1)
    return invalid(
        fmt::format("the training part of the text contains {}",
                    tokenizer.vocabulary().size() == kFirstToken ? "nothing but spaces" : "only one token"),
        spec.path, "Use another text, or cut it into characters");
  RawData raw;
  raw.data.info = describe(spec, format, tokenizer.vocabulary());
  const auto steps = static_cast<std::size_t>(format.steps);
  std::array<std::int64_t, 3> windows{};
  std::array<std::vector<std::int32_t>, 3> tokens;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    tokenizer.encode(parts[p], tokens[p]);
    TANDEM_TRY(checkLength(spec, format, p, tokens[p].size()));
    windows[p] = windowsOf(std::ssize(tokens[p]), format);
  }
  const auto count = static_cast<std::size_t>(windows[0] + windows[1] + windows[2]);
  TANDEM_TRY(checkMemory(2.0 * static_cast<double>(count) * static_cast<double>(steps) * sizeof(std::int32_t),
                         spec.path));
  std::vector<std::int32_t>&inputs = raw.data.inputs[0].classOf, &next = raw.data.targets[0].classOf;
  if (samples) {
    inputs.reserve(count * steps);
    next.reserve(count * steps);
  }
  for (std::size_t p = 0; samples && p < parts.size(); ++p)
    for (std::int64_t w = 0; w < windows[p]; ++w) {
      const auto first = tokens[p].begin() + w * format.stride;
      inputs.insert(inputs.end(), first, first + format.steps);
      next.insert(next.end(), first + 1, first + 1 + format.steps);
    }
  raw.ownValidation = windows[1];
  raw.ownTest = windows[2];
  std::vector<std::string>& notes = raw.data.info.notes;
  notes.push_back(fmt::format("The text is read as {}: {} different ones in its training part{}",
                              nameOf(format.unit), tokenizer.vocabulary().size() - kFirstToken,
                              std::ssize(tokenizer.vocabulary()) == format.vocabulary
                                  ? ", the most that the vocabulary may have"
                                  : ""));
  notes.push_back(fmt::format("{} of {} {}, one every {}: {} for training, {} for validation, {} for testing",
                              counted(count, "window"), format.steps, nameOf(format.unit), format.stride,
                              windows[0], windows[1], windows[2]));
  const auto unknown = std::ranges::count(tokens[1], kUnknown);
  if (unknown > 0)
    notes.push_back(fmt::format("{:.1f}% of the {} in the validation part are unknown",
                                100 * static_cast<double>(unknown) / static_cast<double>(tokens[1].size()),
                                nameOf(format.unit)));
  return raw;
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  if (spec.path.empty()) return invalid("no text file is chosen", "data");
  constexpr std::size_t kMaxBytes = std::size_t{2} << 30;
  TANDEM_ASSIGN(const std::string text, readPlainText(spec.path, spec.table.encoding, kMaxBytes));
  return parse(spec, text, progress, true);
}

Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* /*preview*/) {
  constexpr std::size_t kProbeBytes = 32u << 20;  // a smaller part may lack rare characters
  if (spec.path.empty()) return invalid("no text file is chosen", "data");
  bool partial = false;
  TANDEM_ASSIGN(const std::string text, readPlainText(spec.path, spec.table.encoding, kProbeBytes, &partial));
  TANDEM_ASSIGN(RawData raw, parse(spec, text, {}, false));
  raw.data.info.targets[0].moreClasses = partial;
  if (partial)
    raw.data.info.notes.emplace_back(
        "The vocabulary and the windows are those of the start of the text; all of it is read for training");
  return std::move(raw.data.info);
}

}  // namespace

const DataReader textFileReader = {DataKind::TextFile, read, probe};

}  // namespace tandem
