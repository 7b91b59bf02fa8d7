#include "core/hdf5/hdf5_handle.h"

#include <mutex>
#include <new>

namespace tandem::hdf5 {
namespace {

std::recursive_mutex& libraryMutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

Library::Library() {
  libraryMutex().lock();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // the setting is per thread, so it is made at each entry
}

Library::~Library() {
  libraryMutex().unlock();
}

void renewLockAfterFork() {
  new (&libraryMutex()) std::recursive_mutex;
}

std::string lastMessage() {
  std::string innermost;
  const auto take = [](unsigned, const H5E_error2_t* entry, void* data) -> herr_t {
    auto& text = *static_cast<std::string*>(data);
    if (text.empty() && entry->desc) text = entry->desc;
    return 0;
  };
  // An upward walk begins at the function that detected the error.
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &innermost);
  return innermost.empty() ? "no further details from HDF5" : innermost;
}

}  // namespace tandem::hdf5
