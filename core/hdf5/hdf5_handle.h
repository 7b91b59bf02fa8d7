// Shared by the .cpp files of the HDF5 layer. Includes <hdf5.h>, so include it only in .cpp files.
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

namespace tandem::hdf5 {

// Held during every use of the library: locks it for one thread and stores errors for lastMessage() instead
// of printing them. May be nested.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

// Call this in the child of a fork() made while a Library is held: it gives the child a new lock, since the
// copied one belongs to the parent's thread.
void renewLockAfterFork();

// The innermost cause of the last library error: "No space left on device", "bad object header".
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
