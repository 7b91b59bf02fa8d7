#include "gpu/convolution_graph.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/text/units.h"

namespace tandem::cuda {

namespace {

using Descriptor = cudnnBackendDescriptor_t;

enum Id : std::int64_t { kX = 1, kW, kBias, kY, kProduct, kSum };  // of tensors in a graph
constexpr std::int64_t kAlignment = 16;                            // bytes; the plan aligns values at 256

// Dimensions in cuDNN's order, outermost first: (N, C, H, W), or (O, C / groups, KH, KW).
using Dimensions = std::array<std::int64_t, 4>;

Dimensions dimensions(const Shape& nhwc) {
  return {nhwc[0], nhwc[3], nhwc[1], nhwc[2]};
}

// The padding behind the image that gives the op's output size.
std::int64_t padBehind(const ops::WindowAxis& a) {
  return std::max<std::int64_t>(0, (a.out - 1) * a.stride + a.extent() - a.in - a.before);
}

// The operations of a graph, and the graph itself.
class Drawing {
 public:
  Drawing(GraphBuilder& builder, const ConvolutionGraph& graph) : b_(builder), graph_(graph) {}

  Descriptor draw(cudnnHandle_t handle) {
    switch (graph_.pass) {
      case ops::ConvPass::Forward:
        drawForward();
        break;
      case ops::ConvPass::Dgrad:
        drawDgrad();
        break;
      case ops::ConvPass::Wgrad:
        drawWgrad();
        break;
    }
    const Descriptor whole = b_.make(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    if (handle) b_.set(whole, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, handle);
    b_.set(whole, CUDNN_ATTR_OPERATIONGRAPH_OPS, operations_);
    b_.finalize(whole);
    return whole;
  }

 private:
  // virtual: a value between two operations, which is never stored.
  Descriptor tensor(Id id, const Dimensions& d, cudnnDataType_t type, bool isVirtual = false) {
    const Descriptor tensor = b_.make(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    b_.set(tensor, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, type);
    b_.set(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, d);
    b_.set(tensor, CUDNN_ATTR_TENSOR_STRIDES, {d[1] * d[2] * d[3], 1, d[1] * d[3], d[1]});
    b_.set(tensor, CUDNN_ATTR_TENSOR_UNIQUE_ID, {id});
    b_.set(tensor, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, {kAlignment});
    if (isVirtual) b_.set(tensor, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, true);
    b_.finalize(tensor);
    return tensor;
  }

  Descriptor window() {
    const ops::WindowAxis &r = graph_.geometry.rows, &c = graph_.geometry.columns;
    const Descriptor window = b_.make(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    b_.set(window, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
    b_.set(window, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION);
    b_.set(window, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, {2});
    b_.set(window, CUDNN_ATTR_CONVOLUTION_DILATIONS, {r.dilation, c.dilation});
    b_.set(window, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, {r.stride, c.stride});
    b_.set(window, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, {r.before, c.before});
    b_.set(window, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, {padBehind(r), padBehind(c)});
    b_.finalize(window);
    return window;
  }

  void drawForward() {
    const bool more = graph_.bias || graph_.relu;
    const Descriptor x = tensor(kX, dimensions(g().x()), type());
    const Descriptor w = tensor(kW, dimensions(g().w()), type());
    const Descriptor product = more ? tensor(kProduct, dimensions(g().y()), CUDNN_DATA_FLOAT, true)
                                    : tensor(kY, dimensions(g().y()), type());
    const Descriptor op = b_.make(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, product);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, window());
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, kOne);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, kZero);
    add(op);
    Descriptor last = product;
    if (graph_.bias) {
      const Descriptor bias = tensor(kBias, {1, g().o, 1, 1}, type());
      const Descriptor sum = graph_.relu ? tensor(kSum, dimensions(g().y()), CUDNN_DATA_FLOAT, true)
                                         : tensor(kY, dimensions(g().y()), type());
      pointwise(CUDNN_POINTWISE_ADD, last, bias, sum);
      last = sum;
    }
    if (graph_.relu)
      pointwise(CUDNN_POINTWISE_RELU_FWD, last, nullptr, tensor(kY, dimensions(g().y()), type()));
  }

  void drawDgrad() {
    const Descriptor op = b_.make(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, tensor(kX, dimensions(g().x()), type()));
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, tensor(kW, dimensions(g().w()), type()));
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, tensor(kY, dimensions(g().y()), type()));
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, window());
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, CUDNN_TYPE_FLOAT, kOne);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, CUDNN_TYPE_FLOAT, kZero);
    add(op);
  }

  // cuDNN has no engine with half operands and an f32 result, but one with an identity behind the product.
  void drawWgrad() {
    const bool identity = graph_.f32Gradient && isHalf(graph_.operands);
    const Dimensions w = dimensions(g().w());
    const Descriptor dw = identity ? tensor(kProduct, w, CUDNN_DATA_FLOAT, true) : tensor(kW, w, type());
    const Descriptor op = b_.make(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, tensor(kX, dimensions(g().x()), type()));
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, dw);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, tensor(kY, dimensions(g().y()), type()));
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, window());
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_TYPE_FLOAT, kOne);
    b_.set(op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, CUDNN_TYPE_FLOAT, kZero);
    add(op);
    if (identity) pointwise(CUDNN_POINTWISE_IDENTITY, dw, nullptr, tensor(kW, w, CUDNN_DATA_FLOAT));
  }

  void pointwise(cudnnPointwiseMode_t mode, Descriptor x, Descriptor b, Descriptor y) {
    const Descriptor kind = b_.make(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    b_.set(kind, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode);
    b_.set(kind, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
    b_.finalize(kind);
    const Descriptor op = b_.make(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    b_.set(op, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kind);
    b_.set(op, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
    if (b) b_.set(op, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b);
    b_.set(op, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
    add(op);
  }

  void add(Descriptor op) {
    b_.finalize(op);
    operations_.push_back(op);
  }

  const ops::Conv2dGeometry& g() const { return graph_.geometry; }
  cudnnDataType_t type() const { return cudnnType(graph_.operands); }

  static constexpr float kOne = 1, kZero = 0;

  GraphBuilder& b_;
  const ConvolutionGraph& graph_;
  std::vector<Descriptor> operations_;
};

// An engine with its settings, as ranked by cuDNN.
struct Candidate {
  Descriptor configuration = nullptr;
  std::int64_t engine = 0;
  bool tensorCores = false;
};

template <class Note>
std::vector<Note> notesOf(Descriptor engine, cudnnBackendAttributeName_t name,
                          cudnnBackendAttributeType_t type) {
  std::vector<Note> notes(16);
  std::int64_t count = 0;
  if (cudnnBackendGetAttribute(engine, name, type, std::ssize(notes), &count, notes.data()) !=
      CUDNN_STATUS_SUCCESS)
    count = 0;
  notes.resize(static_cast<std::size_t>(count));
  return notes;
}

bool keeps(const GraphRules& rules, DType operands, std::span<const cudnnBackendNumericalNote_t> notes) {
  const auto has = [&](cudnnBackendNumericalNote_t note) {
    return std::ranges::find(notes, note) != notes.end();
  };
  if (rules.deterministic && has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
  // Sums are in f32 in all precisions, and operands are rounded at most as the precision says.
  if (has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) || has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS))
    return false;
  if (isHalf(operands) || rules.tensorCores) return true;
  // Larger tiles of Winograd's method lose digits that f32 products have.
  return !has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE) && !has(CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6) &&
         !has(CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13);
}

}  // namespace

GraphRules graphRules(const DeviceOptions& options, DType operands, std::size_t workspaceLimit) {
  return {options.deterministic, isHalf(operands) || options.precision == Precision::Tf32, workspaceLimit};
}

// Reads rankings and makes plans until one keeps the rules.
class GraphPlan::Search {
 public:
  Search(const GraphDevice& device, const ConvolutionGraph& graph, const GraphRules& rules)
      : device_(device), graph_(graph), rules_(rules) {}

  Result<GraphPlan> find() {
    drawn_ = Drawing(b_, graph_).draw(device_.handle);
    for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
      TANDEM_TRY(read(mode));
      if (found_.plan_) return Result<GraphPlan>(std::move(found_));
    }
    for (const Candidate& candidate : compiled_) {
      TANDEM_TRY(tryOut(candidate));
      if (found_.plan_) return Result<GraphPlan>(std::move(found_));
    }
    if (tooLarge_)
      return refuse("cuDNN's plans need more than " + bytesText(static_cast<double>(rules_.workspaceLimit)) +
                    " of workspace");
    if (!reason_.empty()) return refuse(reason_);
    if (ranked_ == 0) return refuse("cuDNN has no plan for this convolution");
    return refuse(rules_.deterministic ? "cuDNN has no deterministic plan in this precision"
                                       : "cuDNN has no plan in this precision");
  }

 private:
  // Tries the engines of a ranking in its order, but for those that are compiled at run time.
  Status read(cudnnBackendHeurMode_t mode) {
    const Descriptor ranking = b_.make(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    b_.set(ranking, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, drawn_);
    b_.set(ranking, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
    if (device_.description) b_.set(ranking, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, device_.description);
    TANDEM_TRY(b_.status());
    // A graph that no engine computes is an error here in some versions, and an empty ranking in others.
    if (cudnnBackendFinalize(ranking) != CUDNN_STATUS_SUCCESS) return success();
    std::int64_t count = 0;
    TANDEM_CUDA(cudnnBackendGetAttribute(ranking, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                         CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr));
    std::vector<Descriptor> ranked(static_cast<std::size_t>(count));
    for (Descriptor& each : ranked) each = b_.make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    TANDEM_TRY(b_.status());
    TANDEM_CUDA(cudnnBackendGetAttribute(ranking, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                         CUDNN_TYPE_BACKEND_DESCRIPTOR, count, &count,
                                         static_cast<void*>(ranked.data())));
    ranked_ += count;
    for (std::int64_t i = 0; i < count && !found_.plan_; ++i)
      TANDEM_TRY(consider(ranked[static_cast<std::size_t>(i)]));
    return success();
  }

  Status consider(Descriptor configuration) {
    Candidate candidate{.configuration = configuration};
    Descriptor engine = b_.make(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    TANDEM_TRY(b_.status());
    std::int64_t one = 0;
    TANDEM_CUDA(cudnnBackendGetAttribute(configuration, CUDNN_ATTR_ENGINECFG_ENGINE,
                                         CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &one,
                                         static_cast<void*>(&engine)));
    TANDEM_CUDA(cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &one,
                                         &candidate.engine));
    const auto numerical = notesOf<cudnnBackendNumericalNote_t>(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                                CUDNN_TYPE_NUMERICAL_NOTE);
    if (!keeps(rules_, graph_.operands, numerical)) return success();
    candidate.tensorCores = std::ranges::find(numerical, CUDNN_NUMERICAL_NOTE_TENSOR_CORE) != numerical.end();
    const auto behavior = notesOf<cudnnBackendBehaviorNote_t>(engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE,
                                                              CUDNN_TYPE_BEHAVIOR_NOTE);
    if (std::ranges::find(behavior, CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) == behavior.end())
      return tryOut(candidate);
    compiled_.push_back(candidate);
    return success();
  }

  // Sets found_ if that is a plan. What cuDNN does not support is no error.
  Status tryOut(const Candidate& candidate) {
    GraphBuilder p;
    const Descriptor plan = p.make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    p.set(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, candidate.configuration);
    if (device_.handle) p.set(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, device_.handle);
    if (device_.description) p.set(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device_.description);
    p.finalize(plan);
    if (!p.status().ok()) {
      if (p.status().error().code != ErrorCode::Unsupported) return p.status();
      reason_ = p.status().error().message;
      return success();
    }
    std::int64_t bytes = 0, count = 0;
    TANDEM_CUDA(cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1,
                                         &count, &bytes));
    if (static_cast<std::size_t>(bytes) > rules_.workspaceLimit) {
      tooLarge_ = true;
      return success();
    }
    found_.handle_ = device_.handle;
    found_.hasBias_ = graph_.bias;
    found_.descriptors_ = b_.take();
    for (GraphDescriptor& each : p.take()) found_.descriptors_.push_back(std::move(each));
    found_.plan_ = plan;
    found_.engine_ = candidate.engine;
    found_.workspaceBytes_ = static_cast<std::size_t>(bytes);
    found_.tensorCores_ = candidate.tensorCores;
    return success();
  }

  const GraphDevice& device_;
  const ConvolutionGraph& graph_;
  const GraphRules& rules_;
  GraphBuilder b_;
  Descriptor drawn_ = nullptr;
  std::vector<Candidate> compiled_;  // at run time, which takes seconds
  std::int64_t ranked_ = 0;
  bool tooLarge_ = false;
  std::string reason_;  // why the last plan failed
  GraphPlan found_;
};

Result<GraphPlan> GraphPlan::make(const GraphDevice& device, const ConvolutionGraph& graph,
                                  const GraphRules& rules) {
  const ops::Conv2dGeometry& g = graph.geometry;
  if (g.x().elements() == 0 || g.w().elements() == 0 || g.y().elements() == 0)
    return refuse("an operand is empty");
  return Search(device, graph, rules).find();
}

Status GraphPlan::pack(const GraphOperands& o) {
  GraphBuilder b;
  const Descriptor pack = b.make(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  std::vector<std::int64_t> ids{kX, kW, kY};
  std::vector<const void*> addresses{o.x, o.w, o.y};
  if (hasBias_) {
    ids.push_back(kBias);
    addresses.push_back(o.bias);
  }
  b.set(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  b.setAddresses(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, addresses);
  b.setAddresses(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, std::span(&o.workspace, 1));
  b.finalize(pack);
  TANDEM_TRY(b.status());
  pack_ = std::move(b.take().front());
  packed_ = o;
  return success();
}

Status GraphPlan::run(const GraphOperands& operands) {
  if (!pack_ || !(packed_ == operands)) TANDEM_TRY(pack(operands));
  return check(cudnnBackendExecute(handle_, plan_, pack_.get()), "cudnnBackendExecute");
}

Result<GraphPlan> planConvolution(const GraphDevice& device, ConvolutionGraph& graph,
                                  const GraphRules& rules) {
  const ops::Conv2dGeometry& g = graph.geometry;
  graph.bias = graph.relu = graph.f32Gradient = false;
  ConvolutionGraph more = graph;
  if (graph.pass == ops::ConvPass::Forward) {
    more.relu = g.activation == ActivationKind::Relu;
    // A bias before another activation is added by the kernel of the activation.
    more.bias = g.bias && (more.relu || g.activation == ActivationKind::None);
  }
  more.f32Gradient = graph.pass == ops::ConvPass::Wgrad && isHalf(graph.operands);
  if (more.bias || more.relu || more.f32Gradient) {
    auto plan = GraphPlan::make(device, more, rules);
    if (plan.ok()) graph = more;
    if (plan.ok() || plan.error().code != ErrorCode::Unsupported) return plan;
  }
  return GraphPlan::make(device, graph, rules);
}

}  // namespace tandem::cuda
