// The operands of ops by name.
#include <gtest/gtest.h>

#include <set>

#include "core/ops/matmul.h"
#include "core/ops/op.h"

namespace tandem {
namespace {

TEST(OperandNames, CoverTheOperandsOfEachOpThatNamesThem) {
  for (const OpDef* op : allOps()) {
    if (op->operands.empty()) continue;
    const std::set<std::string_view> names(op->operands.begin(), op->operands.end());
    EXPECT_EQ(names.size(), op->operands.size()) << op->name;
    std::size_t most = 0;
    for (const Sample& sample : op->samples()) most = std::max(most, sample.inputs.size());
    EXPECT_EQ(op->operands.size(), most) << op->name;
    for (const int input : op->optionalInputs)
      EXPECT_LT(static_cast<std::size_t>(input), op->operands.size()) << op->name;
  }
}

TEST(OperandNames, CoverTheResultsOfEachOpThatNamesThem) {
  for (const OpDef* op : allOps()) {
    if (op->results.empty()) continue;
    std::size_t most = 0;
    for (const Sample& sample : op->samples()) {
      std::vector<TensorType> types;
      for (const SampleInput& input : sample.inputs)
        types.push_back(input.absent ? TensorType() : input.type);
      most = std::max(most, op->infer(sample.attrs, types).value().size());
    }
    EXPECT_EQ(op->results.size(), most) << op->name;
  }
}

TEST(OperandNames, AreNumbersInMessagesWhereThereAreNone) {
  EXPECT_EQ(operandName(ops::matmul, ops::MatmulIn::kBias), "bias");
  EXPECT_EQ(operandName(ops::matmul, 3), "3");
  EXPECT_EQ(resultName(ops::matmul, 0), "0");
}

}  // namespace
}  // namespace tandem
