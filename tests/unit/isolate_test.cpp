#include "core/hdf5/isolate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <string>

namespace tandem {
namespace {

using std::chrono::seconds;

TEST(Isolate, ReturnsWhatTheChildSent) {
  const std::string large(3 << 20, 'x');
  const auto sent = runIsolated(
      [&](const SendBytes& send) {
        send("head ");
        send(large);
      },
      seconds(30), 4 << 20);
  ASSERT_TRUE(sent.ok()) << sent.error().text();
  EXPECT_EQ(*sent, "head " + large);
}

TEST(Isolate, SurvivesTheChild) {
  const auto crash = runIsolated([](const SendBytes&) { ::raise(SIGSEGV); }, seconds(30), 100);
  ASSERT_FALSE(crash.ok());
  EXPECT_NE(crash.error().message.find("failed to read it"), std::string::npos);
  EXPECT_FALSE(runIsolated([](const SendBytes&) { throw std::bad_alloc(); }, seconds(30), 100).ok());

  const auto endless = runIsolated(
      [](const SendBytes& send) {
        send("a");
        for (;;) ::pause();
      },
      seconds(1), 100);
  ASSERT_FALSE(endless.ok());
  EXPECT_NE(endless.error().message.find("timed out"), std::string::npos);

  const auto greedy = runIsolated(
      [](const SendBytes& send) {
        for (;;) send("more");
      },
      seconds(30), 100);
  ASSERT_FALSE(greedy.ok());
  EXPECT_NE(greedy.error().message.find("more data"), std::string::npos);
}

}  // namespace
}  // namespace tandem
