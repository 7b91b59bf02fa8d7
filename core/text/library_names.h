// What Keras and PyTorch call a layer, a loss, a metric, an optimizer or a schedule, for people who know these.
#pragma once

#include <string>
#include <string_view>

namespace tandem {

// A name is a class, with arguments where only these make it equal: "KLDivLoss(reduction='batchmean')". " / " separates
// alternatives. What is not in the library's usual place has its full name: "torch.cat", "torchmetrics.F1Score". Empty:
// the library has nothing of the kind. tests/keras/names.py looks all of them up.
struct LibraryNames {
  std::string_view keras = {};
  std::string_view pytorch = {};
};

// "In Keras: Huber, in PyTorch: HuberLoss"; empty without names.
std::string libraryNamesText(const LibraryNames& names);

}  // namespace tandem
