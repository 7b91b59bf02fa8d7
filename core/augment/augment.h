// AugmentDef: a random change of training samples. One file per augmentation: augment/NAME.cpp defines `const AugmentDef
// NAME` in namespace tandem::augmentations; the build lists the folder. The form in the lab, the project file,
// `tandem train --set augment=...` and the checks follow from it; the loader applies it (augmenter.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/philox.h"
#include "core/settings/typed.h"

namespace tandem {

struct DatasetInfo;

// What an augmentation changes.
enum class AugmentKind : std::uint8_t {
  Geometry,  // where the pixels of images lie, and those of masks with them
  Pixels,    // the values of the pixels of images
  Steps,     // when the steps of sequences of numbers occur
  Tokens,    // the tokens of texts
};

// Where the pixel (y, x) of the result is read. Positions count from the center of the image.
struct PixelMap {
  double yy = 1, yx = 0, xy = 0, xx = 1;  // the row is yy * y + yx * x + y0, the column xy * y + xx * x + x0
  double y0 = 0, x0 = 0;

  // Changes the result of this map by another one.
  void then(const PixelMap& next);
  bool isIdentity() const;
  // Each pixel of the result is a pixel of the image, in rows and columns as they were or reversed.
  bool movesWhole() const;
};

// What happens to one sample: each augmentation sets its part.
struct SampleChange {
  PixelMap map;
  // Of pixel values: factor of the difference from the mean of the image, then what is added, then the standard deviation
  // of the noise. The last two are shares of the range of levels, or standard deviations of numbers.
  double contrast = 1, brightness = 0, noise = 0;
  double holeY = 0, holeX = 0,
         hole = 0;         // the center and the side of a square, as shares of the image's sides
  std::int64_t later = 0;  // steps
  double dropped = 0;      // the probability of each token
};

struct ImageSize {
  std::int64_t height = 0, width = 0;
  bool operator==(const ImageSize&) const = default;
};

// The random numbers of one augmentation for one sample in one epoch: at most four.
class SampleRandom {
 public:
  SampleRandom(std::uint64_t seed, std::int64_t epoch, std::uint32_t id, std::int64_t sample);
  double uniform();  // in [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  std::int64_t upTo(std::int64_t magnitude);  // a whole number from -magnitude to magnitude

 private:
  Philox4 block_;
  int used_ = 0;
};
// Of elements of the sample, such as pixels: four words per block. part: distinguishes several tensors.
Philox4 elementRandom(std::uint64_t seed, std::int64_t epoch, std::uint32_t id, std::size_t part,
                      std::int64_t sample, std::int64_t block);

struct AugmentDef;
using AugmentConfig = Typed<AugmentDef>;

struct AugmentDef {
  std::string_view type;             // "rotate"; equals the file's basename
  std::string_view label;            // "Rotate"
  std::string_view summary;          // one sentence for tooltips and help
  LibraryNames names = {};           // in Keras and PyTorch
  std::vector<Property> properties;  // exactly one: how strong it is
  AugmentKind kind = AugmentKind::Geometry;
  // From 1, unique: distinguishes the random numbers of augmentations, and is the order in which they are applied.
  // Changing it breaks reproducibility.
  std::uint32_t id = 0;
  // strength: the property's value, of a choice its index.
  void (*draw)(double strength, SampleRandom& random, ImageSize size, SampleChange& change) = nullptr;
};

template <>
struct Catalog<AugmentDef> {
  static constexpr std::string_view noun = "augmentation";
  static std::span<const AugmentDef* const> all();
  static const AugmentDef& fallback();
};

// The value of the only property.
double strengthOf(const AugmentConfig& config);

// The Error if the augmentation does not fit data of this kind.
Status checkAugmentation(const AugmentDef& def, const DatasetInfo& data);
// Errors: one that does not fit the data; one that appears twice; images and masks of different sizes that would move.
Status checkAugmentations(std::span<const AugmentConfig> list, const DatasetInfo& data);
// "Flip (horizontal), Rotate (10)"
std::string augmentText(std::span<const AugmentConfig> list);

// Which tensors of the data are changed, and how.
enum class AugmentedTensor : std::uint8_t { None, Image, Mask, Sequence, Tokens };
AugmentedTensor augmentedAs(std::size_t tensor, const DatasetInfo& data);

}  // namespace tandem
