// Maps tickets to slots of the input ring. Tickets count from 1; ticket t uses slot t mod depth, so a slot is
// free again once its previous ticket, t - depth, has been waited for.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/check.h"

namespace tandem::cuda {

class TicketRing {
 public:
  explicit TicketRing(int depth) : open_(static_cast<std::size_t>(depth), 0) {
    TANDEM_CHECK(depth >= 1, "the ring has no slots");
  }
  int depth() const { return static_cast<int>(open_.size()); }
  int slot(std::uint64_t ticket) const { return static_cast<int>(ticket % open_.size()); }
  bool isOpen(std::uint64_t ticket) const { return ticket != 0 && open_[index(ticket)] == ticket; }
  // The ticket that begin() will return; its slot must be free.
  std::uint64_t next() const { return last_ + 1; }
  bool full() const { return open_[index(next())] != 0; }

  std::uint64_t begin() {
    TANDEM_CHECK(!full(), "more open tickets than slots");
    ++last_;
    open_[index(last_)] = last_;
    return last_;
  }
  void end(std::uint64_t ticket) {
    TANDEM_CHECK(isOpen(ticket), "ticket " + std::to_string(ticket) + " is not open");
    open_[index(ticket)] = 0;
  }

 private:
  std::size_t index(std::uint64_t ticket) const { return static_cast<std::size_t>(ticket % open_.size()); }
  std::vector<std::uint64_t> open_;
  std::uint64_t last_ = 0;
};

}  // namespace tandem::cuda
