// The settings in a project file: key, member and range of each, in the order in which they are
// written. Both the JSON reader and the JSON writer run `describe` (project_json.cpp).
#pragma once

#include "core/network/project.h"
#include "core/settings/property_json.h"

namespace tandem {

std::string_view nameOf(DataKind kind);  // "idx", "csv", "image_folder", "generated"

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
requires std::same_as<std::remove_const_t<Config>, DataSpec>
void describe(Fields& f, Config& c) {
  f.choice("kind", c.kind, 4);
  f.text("path", c.path, 4096);
  f.text("generator", c.generator, 100);
  f.template integer<std::int64_t>("count", c.count, 1, 100'000'000);
  f.number("noise", c.noise, 0, 100);
  f.text("target", c.target, 1000);
  f.boolean("classification", c.classification);
  f.texts("ignore", c.ignore);
  f.texts("numbers", c.numbers);
  f.texts("categories", c.categories);
  f.object("table", c.table);
  f.template integer<std::int64_t>("image_height", c.imageHeight, 1, 8192);
  f.template integer<std::int64_t>("image_width", c.imageWidth, 1, 8192);
  f.template integer<std::int64_t>("image_channels", c.imageChannels, 1, 4);
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
requires std::same_as<std::remove_const_t<Config>, TrainingConfig>
void describe(Fields& f, Config& c) {
  f.value("loss", c.loss);
  if (!std::is_const_v<Config> || c.metrics) f.value("metrics", c.metrics);  // absent: the usual ones
  f.value("optimizer", c.optimizer);
  f.value("schedule", c.schedule);
  f.template integer<int>("epochs", c.epochs, 1, 1'000'000);
  f.template integer<std::int64_t>("batch", c.batch, 1, 1'048'576);
  f.template integer<std::uint64_t>("seed", c.seed, 0, ~0ull);
  f.number("l1", c.l1, 0, 1000);
  f.number("l2", c.l2, 0, 1000);
  f.choice("clip", c.clip, 3);
  f.number("clip_limit", c.clipLimit, 1e-12, 1e12);
  f.text("monitor", c.monitor, 100);
  f.template integer<int>("early_stopping_patience", c.earlyStoppingPatience, 0, 1'000'000);
  f.template integer<int>("checkpoint_epochs", c.checkpointEpochs, 0, 1'000'000);
  f.object("device", c.device);
}

}  // namespace tandem
