// What the .cpp files of the HDF5 layer share. Includes <hdf5.h>: for .cpp files only.
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

namespace tandem::hdf5 {

// Held around every use of the library: one thread at a time, errors kept for lastMessage() instead
// of being printed. May be nested.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

// In the child of a fork() made under a Library: gives the child a lock of its own, since the one it was
// copied with belongs to the parent's thread.
void renewLockAfterFork();

// What the library said last, innermost cause: "No space left on device", "bad object header".
std::string lastMessage();

class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    Handle old(std::move(other));
    return *this;
  }
  ~Handle() {
    if (id_ >= 0 && close_) close_(id_);
  }
  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

}  // namespace tandem::hdf5
