// Result<T>: a value, or an Error that the user can act on. Used for all external failures (files, input,
// drivers, memory). Programming errors use TANDEM_CHECK (check.h) instead.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/base/check.h"

namespace tandem {

enum class ErrorCode {
  InvalidInput,  // what the user entered or drew cannot work
  NotFound,      // a file, name or device that does not exist
  Io,            // reading or writing failed: permissions, full disk, truncated file
  Unsupported,   // valid, but this device or build cannot do it
  OutOfMemory,   // not enough host or device memory
  Cancelled,     // cancelled by the user
  DeviceLost,    // the device failed and cannot be used again in this process
  Numeric,       // NaN or infinity where a number is needed
};

// Its members are defined in result.cpp: nearly every function creates, moves and destroys errors, and inlining
// those operations on three strings would noticeably increase code size and compile time.
struct Error {
  Error();
  Error(ErrorCode code, std::string_view message, std::string_view where = {}, std::string_view hint = {});
  Error(const Error&);
  Error(Error&&) noexcept;
  Error& operator=(const Error&);
  Error& operator=(Error&&) noexcept;
  ~Error();

  ErrorCode code = ErrorCode::InvalidInput;
  std::string message;  // what is wrong, one sentence without a final period
  std::string where;    // layer, file:row, dataset column, ...; may be empty
  std::string hint;     // what to do about it; may be empty

  // "where: message. hint" on one line.
  std::string text() const;
};

struct Unit {};

// value() or error() of a Result that holds the other one: throws Bug.
[[noreturn]] void failAccess(const Error* error);

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    if (T* value = std::get_if<0>(&state_)) return *value;
    failAccess(std::get_if<1>(&state_));
  }
  const T& value() const& {
    if (const T* value = std::get_if<0>(&state_)) return *value;
    failAccess(std::get_if<1>(&state_));
  }
  T&& value() && { return std::move(value()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    if (const Error* error = std::get_if<1>(&state_)) return *error;
    failAccess(nullptr);
  }
  Error&& error() && {
    if (Error* error = std::get_if<1>(&state_)) return std::move(*error);
    failAccess(nullptr);
  }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<Unit>;
inline Status success() {
  return Unit{};
}

Error invalid(std::string_view message, std::string_view where = {}, std::string_view hint = {});

}  // namespace tandem

#define TANDEM_CONCAT_(a, b) a##b
#define TANDEM_CONCAT(a, b) TANDEM_CONCAT_(a, b)

// Evaluates a Status or Result and, if it holds an Error, returns that from the enclosing function.
#define TANDEM_TRY(expr)                                        \
  do {                                                          \
    auto tandemTry_ = (expr);                                   \
    if (!tandemTry_.ok()) return std::move(tandemTry_).error(); \
  } while (false)

// TANDEM_ASSIGN(auto rows, readRows(path)): binds the value or returns the Error.
#define TANDEM_ASSIGN(lhs, expr) TANDEM_ASSIGN_(TANDEM_CONCAT(tandemResult_, __COUNTER__), lhs, expr)
#define TANDEM_ASSIGN_(tmp, lhs, expr)          \
  auto tmp = (expr);                            \
  if (!tmp.ok()) return std::move(tmp).error(); \
  lhs = std::move(tmp).value()
