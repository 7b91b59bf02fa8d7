// The parts of cuDNN's graph interface that the backend uses: a convolution, or one of its gradients, followed by a bias
// and relu, or by an identity. What the API reference requires of descriptors is checked. Each ranking has an engine that
// fails when its plan is made, one whose filter gradients vary between runs, one with tensor cores, and one in full
// precision. Quirks:
//   no_graph         no engine for any graph
//   no_fused         none for several operations
//   no_grouped       none for grouped convolutions
//   large_workspace  every plan requests 200 MiB of workspace
//   no_full_fp32     every engine for f32 uses tensor cores
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/ops/conv2d.h"
#include "tests/gpu_stand_in/convolution.h"

using namespace tandem::stand_in;
using tandem::ops::ConvPass;

namespace {

enum Engine : std::int64_t { kPlain = 11, kVarying = 20, kFailing = 5, kTensorCores = 51, kCompiled = 67 };

// What an operation graph computes.
struct Drawn {
  ConvPass pass = ConvPass::Forward;
  Geometry geometry;
  std::int64_t x = 0, w = 0, y = 0, bias = 0;  // identifiers of tensors; 0: none
  bool relu = false, several = false, wideGradient = false;
};

struct Attribute {
  cudnnBackendAttributeType_t type = CUDNN_TYPE_INT64;
  std::vector<std::byte> bytes;
};

struct Object {
  cudnnBackendDescriptorType_t type = CUDNN_BACKEND_TENSOR_DESCRIPTOR;
  bool finalized = false;
  std::map<cudnnBackendAttributeName_t, Attribute> attributes;
  std::optional<Drawn> drawn;  // of a graph
  std::int64_t engine = 0;     // of an engine and its configuration
  const Object* graph = nullptr;

  template <class T>
  std::vector<T> all(cudnnBackendAttributeName_t name) const {
    const auto found = attributes.find(name);
    if (found == attributes.end()) return {};
    std::vector<T> values(found->second.bytes.size() / sizeof(T));
    std::memcpy(static_cast<void*>(values.data()), found->second.bytes.data(), found->second.bytes.size());
    return values;
  }
  template <class T>
  T one(cudnnBackendAttributeName_t name, T otherwise = {}) const {
    const std::vector<T> values = all<T>(name);
    return values.size() == 1 ? values[0] : otherwise;
  }
  const Object* object(cudnnBackendAttributeName_t name) const {
    return static_cast<const Object*>(one<void*>(name));
  }
};

std::size_t sizeOf(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN:
      return sizeof(bool);
    case CUDNN_TYPE_FLOAT:
      return sizeof(float);
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
      return 8;
    default:
      return sizeof(int);  // enumerations
  }
}

cudnnStatus_t bad(const char* why) {
  return refuse(CUDNN_STATUS_BAD_PARAM, why);
}

bool isVirtual(const Object& tensor) {
  return tensor.one<std::uint8_t>(CUDNN_ATTR_TENSOR_IS_VIRTUAL) != 0;
}

cudnnStatus_t checkTensor(const Object& t) {
  const auto d = t.all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS),
             s = t.all<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES);
  if (d.size() != 4 || s != std::vector<std::int64_t>{d[1] * d[2] * d[3], 1, d[1] * d[3], d[1]})
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only NHWC tensors");
  for (const std::int64_t extent : d)
    if (extent <= 0) return bad("an empty tensor");
  cudaDataType_t type{};
  if (!typeOf(t.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_DATA_INT8), type))
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only f32, f16 and bf16");
  if (t.one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID) == 0 ||
      t.one<std::int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT) == 0)
    return bad("a tensor without identifier or alignment");
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t checkWindow(const Object& c) {
  const auto pair = [&](cudnnBackendAttributeName_t name) { return c.all<std::int64_t>(name).size() == 2; };
  if (c.one<std::int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS) != 2 ||
      !pair(CUDNN_ATTR_CONVOLUTION_DILATIONS) || !pair(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES) ||
      !pair(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS) || !pair(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS))
    return bad("a convolution without its window");
  for (const auto name : {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS})
    for (const std::int64_t pad : c.all<std::int64_t>(name))
      if (pad < 0) return bad("negative padding");
  if (c.one<cudnnDataType_t>(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_HALF) != CUDNN_DATA_FLOAT ||
      c.one<cudnnConvolutionMode_t>(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CONVOLUTION) !=
          CUDNN_CROSS_CORRELATION)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only cross-correlation summed in f32");
  return CUDNN_STATUS_SUCCESS;
}

// The names of the attributes of one of the three operations.
struct Names {
  cudnnBackendAttributeName_t x, w, y, window, alpha, beta;
};
constexpr Names kForward{
    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
constexpr Names kDgrad{
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
constexpr Names kWgrad{
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};

// Fills `drawn`, but for what follows the product, of which `last` is the result.
cudnnStatus_t readProduct(const Object& op, Drawn& drawn, const Object*& last) {
  const Names* names = &kForward;
  if (op.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR) {
    drawn.pass = ConvPass::Dgrad;
    names = &kDgrad;
  } else if (op.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR) {
    drawn.pass = ConvPass::Wgrad;
    names = &kWgrad;
  } else if (op.type != CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR) {
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only graphs that begin with a convolution");
  }
  const Object *x = op.object(names->x), *w = op.object(names->w), *y = op.object(names->y),
               *window = op.object(names->window);
  if (!x || !w || !y || !window) return bad("an operation without its tensors");
  for (const Object* each : {x, w, y, window})
    if (!each->finalized) return bad("a descriptor that is not finalized");
  if (op.one<float>(names->alpha) != 1 || op.one<float>(names->beta, 1) != 0)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "scales");
  const auto extents = [](const Object& t) {
    std::vector<int> d;
    for (const std::int64_t extent : t.all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS))
      d.push_back(static_cast<int>(extent));
    return d;
  };
  const auto type = [](const Object& t) {
    cudaDataType_t to{};
    typeOf(t.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE), to);
    return to;
  };
  const auto xd = extents(*x), wd = extents(*w), yd = extents(*y);
  Geometry& g = drawn.geometry;
  g.x = {type(*x), xd[0], xd[1], xd[2], xd[3]};
  g.w = {type(*w), wd[0], wd[1], wd[2], wd[3]};
  g.y = {type(*y), yd[0], yd[1], yd[2], yd[3]};
  const auto pre = window->all<std::int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS),
             post = window->all<std::int64_t>(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS),
             stride = window->all<std::int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES),
             dilation = window->all<std::int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS);
  const auto i = [](std::int64_t v) { return static_cast<int>(v); };
  g.conv = {i(pre[0]),      i(pre[1]),      i(stride[0]),  i(stride[1]),
            i(dilation[0]), i(dilation[1]), xd[1] / wd[1], CUDNN_FMA_MATH};
  const auto size = [&](std::size_t axis) {
    return (xd[axis + 2] + pre[axis] + post[axis] - (dilation[axis] * (wd[axis + 2] - 1) + 1)) /
               stride[axis] +
           1;
  };
  if (yd[2] != size(0) || yd[3] != size(1) || xd[1] % wd[1] != 0) return bad("the shapes do not match");
  drawn.x = x->one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
  drawn.w = w->one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
  drawn.y = y->one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
  last = drawn.pass == ConvPass::Forward ? y : drawn.pass == ConvPass::Dgrad ? x : w;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t readGraph(Object& graph) {
  const auto operations = graph.all<void*>(CUDNN_ATTR_OPERATIONGRAPH_OPS);
  if (operations.empty() || !graph.one<void*>(CUDNN_ATTR_OPERATIONGRAPH_HANDLE))
    return bad("a graph without operations or handle");
  Drawn drawn;
  const Object* last = nullptr;
  if (const auto status = readProduct(*static_cast<Object*>(operations[0]), drawn, last);
      status != CUDNN_STATUS_SUCCESS)
    return status;
  for (std::size_t i = 1; i < operations.size(); ++i) {
    const Object& op = *static_cast<Object*>(operations[i]);
    const Object *kind = op.object(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR),
                 *x = op.object(CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
                 *y = op.object(CUDNN_ATTR_OPERATION_POINTWISE_YDESC),
                 *b = op.object(CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
    if (op.type != CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR || !kind || !kind->finalized || x != last ||
        !y || !isVirtual(*last))
      return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only a chain of pointwise operations on virtual tensors");
    const auto mode = kind->one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
    if (mode == CUDNN_POINTWISE_ADD && drawn.pass == ConvPass::Forward && b && !drawn.relu && !drawn.bias)
      drawn.bias = b->one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
    else if (mode == CUDNN_POINTWISE_RELU_FWD && drawn.pass == ConvPass::Forward && !drawn.relu)
      drawn.relu = true;
    else if (mode == CUDNN_POINTWISE_IDENTITY && drawn.pass == ConvPass::Wgrad)
      drawn.wideGradient = true;
    else
      return refuse(CUDNN_STATUS_NOT_SUPPORTED, "another pointwise operation");
    last = y;
    drawn.several = true;
  }
  if (isVirtual(*last)) return bad("the result is virtual");
  cudaDataType_t type{};
  typeOf(last->one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE), type);
  const std::int64_t id = last->one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
  if (drawn.pass == ConvPass::Forward) {
    drawn.y = id;
    drawn.geometry.y.type = type;
  } else if (drawn.pass == ConvPass::Wgrad) {
    drawn.w = id;
    drawn.geometry.w.type = type;
  }
  const Geometry& g = drawn.geometry;
  const bool wide = drawn.wideGradient && type == CUDA_R_32F;
  if (g.x.type != g.y.type || (!wide && g.x.type != g.w.type) || g.y.c != g.w.k ||
      g.w.k % g.conv.groups != 0 || g.x.n != g.y.n)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "operands of different types or shapes");
  graph.drawn = drawn;
  return CUDNN_STATUS_SUCCESS;
}

std::vector<std::int64_t> enginesFor(const Drawn& drawn) {
  if (quirk("no_graph") || (quirk("no_grouped") && drawn.geometry.conv.groups > 1) ||
      (quirk("no_fused") && drawn.several))
    return {};
  if (drawn.wideGradient) return {kCompiled};
  if (quirk("no_full_fp32") && drawn.geometry.x.type == CUDA_R_32F) return {kFailing, kVarying, kTensorCores};
  return {kFailing, kVarying, kTensorCores, kPlain};
}

template <class T>
cudnnStatus_t give(const std::vector<T>& values, std::int64_t requested, std::int64_t* count, void* to) {
  *count = static_cast<std::int64_t>(values.size());
  if (requested > 0) {
    *count = std::min(*count, requested);
    std::memcpy(to, values.data(), static_cast<std::size_t>(*count) * sizeof(T));
  }
  return CUDNN_STATUS_SUCCESS;
}

// Of the plan whose engine configuration that is.
const Drawn& drawnOf(const Object& plan) {
  return *plan.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)->graph->drawn;
}

}  // namespace

extern "C" {

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* to) {
  auto object = std::make_unique<Object>();
  object->type = type;
  *to = object.release();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  delete static_cast<Object*>(descriptor);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void* values) {
  auto& object = *static_cast<Object*>(descriptor);
  if (object.finalized) return bad("the descriptor is finalized");
  Attribute& attribute = object.attributes[name];
  attribute.type = type;
  attribute.bytes.resize(static_cast<std::size_t>(count) * sizeOf(type));
  std::memcpy(attribute.bytes.data(), values, attribute.bytes.size());
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  auto& object = *static_cast<Object*>(descriptor);
  cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
  switch (object.type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
      status = checkTensor(object);
      break;
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR:
      status = checkWindow(object);
      break;
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
      status = readGraph(object);
      break;
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
      if (const Object* graph = object.object(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
          !graph || !graph->finalized)
        status = bad("no graph");
      else if (enginesFor(*graph->drawn).empty())
        status = refuse(CUDNN_STATUS_NOT_SUPPORTED, "no engine");
      break;
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR: {
      const Object* configuration = object.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
      if (!configuration || !configuration->graph)
        status = bad("no engine configuration");
      else if (configuration->engine == kFailing)
        status = refuse(CUDNN_STATUS_NOT_SUPPORTED, "this engine always fails");
      break;
    }
    default:
      break;
  }
  object.finalized = status == CUDNN_STATUS_SUCCESS;
  return status;
}

cudnnStatus_t cudnnBackendGetAttribute(const cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t,
                                       int64_t requested, int64_t* count, void* to) {
  const auto& object = *static_cast<const Object*>(descriptor);
  switch (name) {
    case CUDNN_ATTR_ENGINEHEUR_RESULTS: {
      const Object* graph = object.object(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
      const std::vector<std::int64_t> engines = enginesFor(*graph->drawn);
      *count = static_cast<std::int64_t>(engines.size());
      if (requested == 0) return CUDNN_STATUS_SUCCESS;
      *count = std::min(*count, requested);
      for (std::int64_t i = 0; i < *count; ++i) {
        auto& configuration = *static_cast<Object*>(static_cast<void**>(to)[i]);
        configuration.engine = engines[static_cast<std::size_t>(i)];
        configuration.graph = graph;
        configuration.finalized = true;
      }
      return CUDNN_STATUS_SUCCESS;
    }
    case CUDNN_ATTR_ENGINECFG_ENGINE: {
      auto& engine = **static_cast<Object**>(to);
      engine.engine = object.engine;
      engine.graph = object.graph;
      engine.finalized = true;
      *count = 1;
      return CUDNN_STATUS_SUCCESS;
    }
    case CUDNN_ATTR_ENGINE_GLOBAL_INDEX:
      return give(std::vector<std::int64_t>{object.engine}, requested, count, to);
    case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE: {
      std::vector<cudnnBackendNumericalNote_t> notes;
      if (object.engine == kTensorCores || object.engine == kCompiled)
        notes = {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
      if (object.engine == kVarying) notes = {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC};
      return give(notes, requested, count, to);
    }
    case CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE: {
      std::vector<cudnnBackendBehaviorNote_t> notes;
      if (object.engine == kCompiled) notes = {CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION};
      return give(notes, requested, count, to);
    }
    case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
      return give(std::vector<std::int64_t>{quirk("large_workspace") ? std::int64_t{200} << 20
                                                                     : std::int64_t{kWorkspace}},
                  requested, count, to);
    default:
      return refuse(CUDNN_STATUS_NOT_SUPPORTED, "an attribute that the stand-in does not have");
  }
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t planned,
                                  cudnnBackendDescriptor_t packed) {
  const auto &plan = *static_cast<const Object*>(planned), &pack = *static_cast<const Object*>(packed);
  if (!plan.finalized || !pack.finalized) return bad("a descriptor that is not finalized");
  const Drawn drawn = drawnOf(plan);
  const auto ids = pack.all<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto addresses = pack.all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  if (ids.size() != addresses.size()) return bad("not an address for each identifier");
  const auto addressOf = [&](std::int64_t id) -> void* {
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (ids[i] == id) return addresses[i];
    return nullptr;
  };
  void *const x = addressOf(drawn.x), *const w = addressOf(drawn.w), *const y = addressOf(drawn.y),
              *const bias = drawn.bias ? addressOf(drawn.bias) : nullptr;
  if (!x || !w || !y || (drawn.bias && !bias)) return bad("an operand is missing");
  for (const void* each : {x, w, y})
    if (reinterpret_cast<std::uintptr_t>(each) % 16 != 0)
      return bad("an operand is not aligned as its descriptor says");
  void* const space = pack.one<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  if (!Machine::instance().owns(space)) return bad("the workspace is missing");
  const std::int64_t engine = plan.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)->engine;
  Geometry g = drawn.geometry;
  if (engine == kTensorCores) g.conv.math = CUDNN_TENSOR_OP_MATH;
  switch (drawn.pass) {
    case ConvPass::Forward:
      return queue(handle, space, [=, relu = drawn.relu] { forward(g, x, w, y, {bias, relu}); });
    case ConvPass::Dgrad:
      return queue(handle, space, [=] { backwardData(g, w, y, x); });
    case ConvPass::Wgrad:
      break;
  }
  return queue(handle, space, [=] {
    static unsigned turn = 0;
    backwardFilter(g, x, y, w, engine == kVarying && ++turn % 2 ? 1 + 2e-7f : 1.0f);
  });
}

}  // extern "C"
