#include "core/data/generated_sentences.h"

#include <array>
#include <string>
#include <string_view>

#include "core/base/philox.h"

namespace tandem {
namespace {

constexpr std::array<std::string_view, 10> kThings{"food", "soup",  "service", "room",  "film",
                                                   "book", "music", "hotel",   "story", "view"};
constexpr std::array<std::string_view, 4> kVerbs{"was", "is", "seemed", "looked"};
constexpr std::array<std::string_view, 4> kDegrees{"very", "really", "quite", "so"};
constexpr std::array<std::string_view, 8> kPraise{"good",      "great",    "lovely",   "fine",
                                                  "brilliant", "charming", "splendid", "pleasant"};
constexpr std::array<std::string_view, 8> kBlame{"bad",  "awful",    "boring",   "poor",
                                                 "dull", "dreadful", "horrible", "slow"};

template <std::size_t size>
std::string_view pick(const std::array<std::string_view, size>& words, PhiloxSequence& random) {
  return words[random.below(size)];
}

// "the soup was not very good"
std::string clause(bool positive, PhiloxSequence& random) {
  const bool negated = random.below(2) == 1;
  std::string text = "the ";
  text += pick(kThings, random);
  text += ' ';
  text += pick(kVerbs, random);
  if (negated) text += " not";
  if (random.below(3) == 0) {
    text += ' ';
    text += pick(kDegrees, random);
  }
  text += ' ';
  text += pick(positive != negated ? kPraise : kBlame, random);
  return text;
}

std::string sentence(bool positive, PhiloxSequence& random) {
  std::string text;
  const std::uint64_t form = random.below(3);  // one clause; a contrary one before it; one that agrees
  if (form == 1) text = clause(!positive, random) + ", but ";
  if (form == 2) text = clause(positive, random) + ", and ";
  text += clause(positive, random) + ".";
  text[0] = 'T';  // of "the"
  return text;
}

DatasetInfo describe() {
  DatasetInfo info;
  info.name = "sentences";
  info.named = true;
  info.inputs[0].name = "text";
  info.targets[0] = {.name = "class", .sample = {}, .classes = 2, .classNames = {"negative", "positive"}};
  info.fields = {{.name = "text", .kind = FieldKind::Text},
                 {.name = "class",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = info.targets[0].classNames}};
  return info;
}

}  // namespace

Result<RawData> generateSentences(const DataSpec& spec, const LoadProgress& progress) {
  RawData raw;
  raw.data.info = describe();
  std::vector<std::string>& texts = raw.texts.emplace_back(RawTexts{"text", {}}).values;
  std::vector<std::int32_t>& classOf = raw.data.targets[0].classOf;
  PhiloxSequence random(spec.splitSeed, stream(RandomStream::Generate));
  for (std::int64_t i = 0; i < spec.count; ++i) {
    if (i % 4096 == 0) TANDEM_TRY(report(progress, static_cast<double>(i) / static_cast<double>(spec.count)));
    const bool positive = i % 2 == 1;
    texts.push_back(sentence(positive, random));
    const bool noisy = random.uniform() < spec.noise, other = random.below(2) == 1;
    classOf.push_back((noisy ? other : positive) ? 1 : 0);
  }
  return raw;
}

// The vocabulary and the lengths are those of all sentences, so all are made.
Result<DatasetInfo> describeSentences(const DataSpec& spec) {
  TANDEM_ASSIGN(RawData raw, generateSentences(spec, {}));
  TANDEM_TRY(splitDataset(raw, spec));
  TANDEM_TRY(encodeTexts(raw, spec));
  return std::move(raw.data.info);
}

}  // namespace tandem
