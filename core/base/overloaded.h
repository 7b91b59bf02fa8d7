// Joins lambdas into one function object for std::visit.
#pragma once

namespace tandem {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace tandem
