// Which fields of the data the inputs and outputs of a network belong to.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/preprocessing.h"
#include "core/network/output_meaning.h"

namespace tandem::keras {

// The fields that each of network.inputs() reads, whose samples have these shapes, as in training (InputMatch). Nothing
// if a layer finds no fields or fields of another size, or if two layers read the same.
std::optional<std::vector<InputFields>> fieldsOfInputs(const Network& network, std::span<const Shape> samples,
                                                       const Preprocessing& preprocessing);

// What an output predicts, in the order of its values. An Error names a target that the data does not have.
Result<std::vector<const Field*>> fieldsOfOutput(const ModelOutput& output,
                                                 const Preprocessing& preprocessing);

// Whether an output predicts numbers rather than classes. An auto-encoder may predict levels or numbers of an input
// with a sigmoid.
bool predictsNumbers(OutputMeaning meaning, std::span<const Field* const> targets);

// How predicted numbers are converted to the unit of the targets: y = x / scale + mean.
struct TargetUnit {
  std::vector<double> mean,
      scale;            // per value of the last axis, or one for all of them; empty without targets
  bool levels = false;  // y are levels of images, divided by 255

  bool scales() const;  // whether y differs from x
};
TargetUnit unitOf(std::span<const Field* const> targets);

// What the values of an output with several targets stand for: "height", "smiling=yes" (the second of two classes), or
// a number of an input ("colour=red", "channel 1").
std::vector<std::string> valueNames(std::span<const Field* const> targets);

}  // namespace tandem::keras
