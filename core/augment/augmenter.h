// The Augmenter changes the samples of training batches. What happens to a sample depends only on the seed, the epoch and
// the sample, so it is the same on every device, for any number of threads and after resuming.
//
// Images that are stored as bytes are changed as bytes, rounded to whole levels, whether the device takes bytes or
// normalized numbers. All images of a sample move alike, and masks with them. A tensor that is an input and the target of an
// auto-encoder is changed once, for both.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/augment/augment.h"
#include "core/data/dataset.h"

namespace tandem {

class Augmenter : public SampleTransform {
 public:
  // list: as checkAugmentations() accepts it. threads: that share the samples of a batch.
  Augmenter(std::shared_ptr<const Dataset> data, std::span<const AugmentConfig> list, std::uint64_t seed,
            int threads = 1);

  bool changes(std::size_t tensor) const override;
  void gather(const BatchTensor& tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
              void* out) override;

 private:
  struct Chosen {
    const AugmentDef* def;
    double strength;
  };

  bool has(AugmentKind kind) const;
  SampleChange changeOf(std::int64_t sample, std::int64_t epoch) const;
  template <class T>
  void changePixels(T* image, std::size_t tensor, std::int64_t sample, std::int64_t epoch,
                    const SampleChange& change) const;
  void gatherImages(const BatchTensor& tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                    void* out);
  void gatherMasks(std::size_t tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                   std::int32_t* out) const;
  void shiftSequences(std::size_t tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                      float* values) const;
  void dropTokens(std::size_t tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                  std::int32_t* tokens) const;

  std::shared_ptr<const Dataset> data_;
  std::vector<Chosen> list_;  // in the order in which they are applied
  std::uint64_t seed_;
  int threads_;
  ImageSize size_;                    // of the images, if there are any
  std::vector<std::uint8_t> levels_;  // of the images of a batch, before they are normalized
};

// The transform of a training with these settings; nullptr if there is nothing to change. ownDevice: the kernels do not run
// on the cores of this machine, so that these are free.
std::shared_ptr<SampleTransform> augmenterFor(std::shared_ptr<const Dataset> data,
                                              std::span<const AugmentConfig> list, std::uint64_t seed,
                                              bool ownDevice);

}  // namespace tandem
