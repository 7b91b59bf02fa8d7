#include "core/ops/program.h"

#include <sstream>

#include "core/ops/op.h"

namespace tandem {

ValueId Program::addValue(Value value) {
  if (value.layer < 0) value.layer = currentLayer;
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size() - 1);
}

ValueId Program::addView(ValueId base, std::size_t offsetBytes, TensorType type, std::string name) {
  TANDEM_CHECK(offsetBytes + type.bytes() <= this->type(base).bytes(), "a view extends past its base");
  Value view;
  view.type = type;
  view.role = value(base).role;
  view.name = std::move(name);
  view.base = base;
  view.offsetBytes = offsetBytes;
  return addValue(std::move(view));
}

Result<std::vector<ValueId>> Program::append(const OpDef& op, Attrs attrs, std::vector<ValueId> inputs) {
  std::vector<TensorType> types;
  for (const ValueId id : inputs) types.push_back(id == kNoValue ? TensorType{} : type(id));
  auto inferred = op.infer(attrs, types);
  if (!inferred.ok()) {
    Error error = std::move(inferred).error();
    if (error.where.empty() && currentLayer >= 0)
      error.where = layers[static_cast<std::size_t>(currentLayer)];
    return error;
  }
  std::vector<ValueId> outputs;
  for (std::size_t i = 0; i < inferred->size(); ++i) {
    const TensorType& outputType = (*inferred)[i];
    ValueId shared = op.view && i == 0 ? inputs[0] : kNoValue;
    for (const InPlace& pair : op.inPlace)
      if (pair.output == static_cast<int>(i)) shared = inputs[static_cast<std::size_t>(pair.input)];
    outputs.push_back(shared == kNoValue ? addValue({outputType}) : addView(shared, 0, outputType));
  }
  nodes.push_back({&op, std::move(attrs), std::move(inputs), outputs, currentLayer, currentPart});
  return outputs;
}

Result<ValueId> Program::append1(const OpDef& op, Attrs attrs, std::vector<ValueId> inputs) {
  TANDEM_ASSIGN(const auto outputs, append(op, std::move(attrs), std::move(inputs)));
  return outputs.front();
}

std::pair<ValueId, std::size_t> Program::storage(ValueId id) const {
  std::size_t offset = 0;
  while (value(id).base != kNoValue) {
    offset += value(id).offsetBytes;
    id = value(id).base;
  }
  return {id, offset};
}

std::string Program::dump() const {
  std::ostringstream out;
  const auto list = [&](const std::vector<ValueId>& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      out << (i ? ", " : "");
      if (ids[i] == kNoValue) {
        out << '-';
        continue;
      }
      const Value& v = value(ids[i]);
      out << '%' << ids[i];
      if (!v.name.empty()) out << ':' << v.name;
      out << ' ' << nameOf(v.type.dtype) << '[' << v.type.shape.text() << ']';
    }
  };
  for (const Node& node : nodes) {
    list(node.outputs);
    out << " = " << node.op->name << " (";
    list(node.inputs);
    out << ") " << node.attrs.text();
    if (node.layer >= 0) out << "  # " << layers[static_cast<std::size_t>(node.layer)];
    out << '\n';
  }
  return out.str();
}

}  // namespace tandem
