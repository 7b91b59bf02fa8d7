// The settings in a project file: key, member and range of each, in the order in which they are
// written. Both the JSON reader and the JSON writer run `describe` (project_json.cpp).
#pragma once

#include "core/network/project.h"
#include "core/ops/optimizer_ranges.h"
#include "core/settings/property_json.h"

namespace tandem {

inline constexpr std::size_t kMaxPathBytes = 4096;

std::string_view nameOf(
    DataKind
        kind);  // "idx", "csv", "image_folder", "generated", "numpy", "text_folder", "text_file", "cifar"

template <class Fields, class Config>
requires std::same_as<std::remove_const_t<Config>, TableFormat>
void describe(Fields& f, Config& c) {
  f.choice("header", c.header, 3);
  f.text("delimiter", c.delimiter, 1);
  f.text("decimal", c.decimal, 1);
  f.text("thousands", c.thousands, 4);
  f.text("quote", c.quote, 1);
  f.text("comment", c.comment, 1);
  f.text("encoding", c.encoding, 100);
  f.texts("missing", c.missing);
}

template <class Fields, class Config>
requires std::same_as<std::remove_const_t<Config>, SeriesSpec>
void describe(Fields& f, Config& c) {
  f.template integer<std::int64_t>("steps", c.steps, 0, SeriesSpec::kMaxSteps);
  f.template integer<std::int64_t>("horizon", c.horizon, 1, SeriesSpec::kMaxSteps);
  f.template integer<std::int64_t>("ahead", c.ahead, 1, SeriesSpec::kMaxAhead);
  f.template integer<std::int64_t>("stride", c.stride, 1, SeriesSpec::kMaxStride);
  f.boolean("past_targets", c.pastTargets);
  f.boolean("whole", c.whole);
  f.boolean("each_step", c.eachStep);
  f.text("group", c.group, 1000);
  f.text("order", c.order, 1000);
}

template <class Fields, class Config>
requires std::same_as<std::remove_const_t<Config>, TextFormat>
void describe(Fields& f, Config& c) {
  f.choice("unit", c.unit, 3);
  f.boolean("lower_case", c.lowerCase);
  f.template integer<std::int64_t>("vocabulary", c.vocabulary, TextFormat::kLeastVocabulary,
                                   TextFormat::kMostVocabulary);
  f.template integer<std::int64_t>("steps", c.steps, 0, TextFormat::kMostSteps);
  f.template integer<std::int64_t>("stride", c.stride, 0, TextFormat::kMostSteps);
}

template <class Fields, class Config>
requires std::same_as<std::remove_const_t<Config>, DataSpec>
void describe(Fields& f, Config& c) {
  f.choice("kind", c.kind, 8);
  f.text("path", c.path, kMaxPathBytes);
  f.text("generator", c.generator, 100);
  f.template integer<std::int64_t>("count", c.count, 1, 100'000'000);
  f.number("noise", c.noise, 0, 100);
  if (!std::is_const_v<Config> || !c.array.empty()) f.text("array", c.array, 1000);
  f.textOrTexts("target", c.targets, 1000);
  f.boolean("classification", c.classification);
  f.texts("ignore", c.ignore);
  if (!std::is_const_v<Config> || !c.sampleWeights.empty()) f.text("sample_weights", c.sampleWeights, 1000);
  f.texts("numbers", c.numbers);
  f.texts("categories", c.categories);
  if (!std::is_const_v<Config> || !c.texts.empty()) f.texts("texts", c.texts);
  f.object("table", c.table);
  if (!std::is_const_v<Config> || c.series != SeriesSpec{}) f.object("series", c.series);
  if (!std::is_const_v<Config> || c.text != TextFormat{}) f.object("text", c.text);
  f.template integer<std::int64_t>("image_height", c.imageHeight, 1, 8192);
  f.template integer<std::int64_t>("image_width", c.imageWidth, 1, 8192);
  f.template integer<std::int64_t>("image_channels", c.imageChannels, 1, 4);
  if (!std::is_const_v<Config> || !c.masks.empty()) f.text("masks", c.masks, kMaxPathBytes);
  f.boolean("skip_damaged", c.skipDamaged);
  f.boolean("normalize", c.normalize);
  f.boolean("standardize_targets", c.standardizeTargets);
  f.number("validation_fraction", c.validationFraction, 0, 0.9);
  f.number("test_fraction", c.testFraction, 0, 0.9);
  f.template integer<std::uint64_t>("split_seed", c.splitSeed, 0, ~0ull);
  f.boolean("stratify", c.stratify);
}

template <class Fields, class Config>
requires std::same_as<std::remove_const_t<Config>, DeviceOptions>
void describe(Fields& f, Config& c) {
  f.text("device", c.device, 100);
  f.template integer<int>("threads", c.threads, 0, 4096);
  f.choice("precision", c.precision, 4);
  f.boolean("deterministic", c.deterministic);
  f.texts("avoid", c.avoid);
}

template <class Fields, class Config>
requires std::same_as<std::remove_const_t<Config>, Head>
void describe(Fields& f, Config& c) {
  f.text("output", c.output, kMaxSourceBytes);
  f.textOrTexts("target", c.targets, 1000);
  f.value("loss", c.loss);
  f.number("weight", c.weight, 0, kMaxHeadWeight);
  if (!std::is_const_v<Config> || c.metrics) f.value("metrics", c.metrics);  // absent: the usual ones
}

// A member of the only head; of several heads, an Error.
template <class Value>
struct OfOnlyHead {
  std::vector<Head>& heads;
  Value Head::*member;
};
Status readJson(const Json& json, const Path& path, std::vector<Head>& heads);
Json writeJson(const std::vector<Head>& heads);
template <class Value>
Status readJson(const Json& json, const Path& path, OfOnlyHead<Value>& value) {
  if (value.heads.size() == 1) return readJson(json, path, value.heads[0].*value.member);
  return at(path, "there are several heads, each with its own",
            "Set it for one of them: heads." + value.heads[0].output + "." + std::string(path.key));
}

// A single head without particulars is written as "loss" and "metrics".
template <class Fields, class Config>
requires std::same_as<std::remove_const_t<Config>, std::vector<Head>>
void describeHeads(Fields& f, Config& heads) {
  if constexpr (std::is_const_v<Config>) {
    Head plain;
    plain.loss = heads[0].loss;
    plain.metrics = heads[0].metrics;
    if (heads.size() > 1 || heads[0] != plain) return f.value("heads", heads);
    f.value("loss", heads[0].loss);
    if (heads[0].metrics) f.value("metrics", heads[0].metrics);
  } else {
    f.value("heads", heads);
    OfOnlyHead<LossConfig> loss{heads, &Head::loss};
    OfOnlyHead<MetricList> metrics{heads, &Head::metrics};
    f.value("loss", loss);
    f.value("metrics", metrics);
  }
}

template <class Fields, class Config>
requires std::same_as<std::remove_const_t<Config>, TrainingConfig>
void describe(Fields& f, Config& c) {
  describeHeads(f, c.heads);
  f.value("optimizer", c.optimizer);
  f.value("schedule", c.schedule);
  f.template integer<int>("epochs", c.epochs, 1, 1'000'000);
  f.template integer<std::int64_t>("batch", c.batch, 1, 1'048'576);
  f.template integer<int>("accumulate", c.accumulate, 1, 65'536);
  f.template integer<std::uint64_t>("seed", c.seed, 0, ~0ull);
  if (!std::is_const_v<Config> || !c.augment.empty()) f.value("augment", c.augment);
  f.number("l1", c.l1, 0, 1000);
  f.number("l2", c.l2, 0, 1000);
  f.choice("clip", c.clip, 3);
  f.number("clip_limit", c.clipLimit, 1e-12, 1e12);
  f.number("average", c.average, kDecayRateRange.minimum, kDecayRateRange.maximum);
  f.text("monitor", c.monitor, kMaxNameBytes + 100);
  f.template integer<int>("early_stopping_patience", c.earlyStoppingPatience, 0, 1'000'000);
  f.template integer<int>("checkpoint_epochs", c.checkpointEpochs, 0, 1'000'000);
  if (!std::is_const_v<Config> || !c.initialWeights.empty())
    f.text("initial_weights", c.initialWeights, kMaxPathBytes);
  f.object("device", c.device);
}

}  // namespace tandem
