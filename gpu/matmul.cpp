#include "core/ops/matmul.h"

#include <cstdint>

#include "gpu/epilogue.h"
#include "gpu/kernel.h"

namespace tandem::cuda {
namespace {

using In = ops::MatmulIn;

constexpr std::size_t kWorkspaceLimit = std::size_t{32} << 20;  // as recommended by NVIDIA for Hopper

// cuBLASLt is column-major. A row-major (m, n) matrix is a column-major (n, m) matrix, so the product is
// computed as y^T = op(b)^T op(a)^T with b as the first operand, and nothing is transposed in memory.
class LtMatmul : public Kernel {
 public:
  // Operands a and b have type `from`; bias and result have type `to`.
  LtMatmul(const ops::MatmulGeometry& g, DType from, DType to, Engine& engine)
      : g_(g), from_(from), to_(to), lt_(engine.lt()) {}

  Status make(Precision precision) {
    const cublasComputeType_t compute =
        precision == Precision::Tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    cublasLtMatmulDesc_t descriptor = nullptr;
    TANDEM_CUDA(cublasLtMatmulDescCreate(&descriptor, compute, CUDA_R_32F));
    descriptor_ = LtMatmulDescriptor(descriptor);
    TANDEM_TRY(set(CUBLASLT_MATMUL_DESC_TRANSA, g_.transposeB ? CUBLAS_OP_T : CUBLAS_OP_N));
    TANDEM_TRY(set(CUBLASLT_MATMUL_DESC_TRANSB, g_.transposeA ? CUBLAS_OP_T : CUBLAS_OP_N));
    TANDEM_ASSIGN(b_, layout(from_, g_.transposeB ? g_.k : g_.n, g_.transposeB ? g_.n : g_.k));
    TANDEM_ASSIGN(a_, layout(from_, g_.transposeA ? g_.m : g_.k, g_.transposeA ? g_.k : g_.m));
    TANDEM_ASSIGN(y_, layout(to_, g_.n, g_.m));
    TANDEM_TRY(setEpilogue(true));
    if (choose(16, kWorkspaceLimit).ok()) return success();
    // Epilogues are not available for every size and type, but a plain product always is.
    fuses_ = false;
    TANDEM_TRY(setEpilogue(false));
    return choose(16, kWorkspaceLimit);
  }

  std::size_t workspaceBytes() const override { return booked_; }

  Status bind(const Operands& operands) override {
    std::uintptr_t all = 0;
    for (const void* p : {operands.in[In::kA], operands.in[In::kB], operands.out[0]})
      all |= reinterpret_cast<std::uintptr_t>(p);
    const bool oddBias = g_.bias && reinterpret_cast<std::uintptr_t>(operands.in[In::kBias]) % 16 != 0;
    if (all % 16 == 0 && !(oddBias && fusedBias_)) return success();
    TANDEM_TRY(setEpilogue(fuses_ && !oddBias));
    return choose(all % 16 == 0 ? 16 : static_cast<std::uint32_t>(sizeOf(from_)), booked_);
  }

  Status run(cudaStream_t stream, const Operands& operands) override {
    if (fusedBias_) {
      const void* bias = operands.in[In::kBias];
      TANDEM_TRY(set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias));
    }
    const float one = 1, zero = 0;
    void* y = operands.out[0];
    TANDEM_TRY(check(cublasLtMatmul(lt_, descriptor_.get(), &one, operands.in[In::kB], b_.get(),
                                    operands.in[In::kA], a_.get(), &zero, y, y_.get(), y, y_.get(),
                                    &algorithm_, operands.workspace, used_, stream),
                     "cublasLtMatmul"));
    const bool bias = g_.bias && !fusedBias_;
    if (!bias && fusedActivation_) return success();
    return biasActivation(stream, to_, y, bias ? operands.in[In::kBias] : nullptr, g_.m, g_.n,
                          fusedActivation_ ? ActivationKind::None : g_.activation, g_.alpha);
  }

 private:
  template <class T>
  Status set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
    return check(cublasLtMatmulDescSetAttribute(descriptor_.get(), attribute,
                                                static_cast<const void*>(&value), sizeof(value)),
                 "cublasLtMatmulDescSetAttribute");
  }

  static Result<LtLayout> layout(DType dtype, std::int64_t rows, std::int64_t columns) {
    const cudaDataType_t type = dtype == DType::F16    ? CUDA_R_16F
                                : dtype == DType::BF16 ? CUDA_R_16BF
                                                       : CUDA_R_32F;
    cublasLtMatrixLayout_t handle = nullptr;
    TANDEM_CUDA(cublasLtMatrixLayoutCreate(&handle, type, static_cast<std::uint64_t>(rows),
                                           static_cast<std::uint64_t>(columns), rows));
    return LtLayout(handle);
  }

  // The library's epilogues cover bias and relu; other activations run in a separate kernel. The bias has the
  // type of the result, which is the library's default. The relu may turn NaN into 0: see core/ops/update_faults.h.
  Status setEpilogue(bool allowed) {
    fusedBias_ = g_.bias && allowed;
    const bool relu = g_.activation == ActivationKind::Relu && allowed;
    fusedActivation_ = relu || g_.activation == ActivationKind::None;
    const cublasLtEpilogue_t epilogue = fusedBias_
                                            ? (relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS)
                                            : (relu ? CUBLASLT_EPILOGUE_RELU : CUBLASLT_EPILOGUE_DEFAULT);
    if (fusedBias_) {  // the choice of algorithm depends only on the alignment; run() sets the address
      // NOLINTNEXTLINE(performance-no-int-to-ptr): never dereferenced
      const void* aligned = reinterpret_cast<const void*>(std::uintptr_t{256});
      TANDEM_TRY(set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, aligned));
    }
    return set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
  }

  Status choose(std::uint32_t alignment, std::size_t limit) {
    cublasLtMatmulPreference_t handle = nullptr;
    TANDEM_CUDA(cublasLtMatmulPreferenceCreate(&handle));
    const LtPreference preference(handle);
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
      return check(cublasLtMatmulPreferenceSetAttribute(handle, attribute, &value, sizeof(value)),
                   "cublasLtMatmulPreferenceSetAttribute");
    };
    const std::uint64_t bytes = limit;
    TANDEM_TRY(prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes));
    // Partial sums are added in f32, not rounded to the result type in between.
    if (isHalf(to_)) {
      const std::uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
      TANDEM_TRY(prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, schemes));
    }
    for (const auto operand :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      TANDEM_TRY(prefer(operand, alignment));
    cublasLtMatmulHeuristicResult_t result{};
    int found = 0;
    TANDEM_CUDA(cublasLtMatmulAlgoGetHeuristic(lt_, descriptor_.get(), b_.get(), a_.get(), y_.get(), y_.get(),
                                               handle, 1, &result, &found));
    if (found == 0 || result.state != CUBLAS_STATUS_SUCCESS)
      return refuse("cuBLASLt has no algorithm for this product");
    algorithm_ = result.algo;
    used_ = result.workspaceSize;
    if (limit == kWorkspaceLimit) booked_ = used_;
    return success();
  }

  ops::MatmulGeometry g_;
  DType from_, to_;
  cublasLtHandle_t lt_;
  LtMatmulDescriptor descriptor_;
  LtLayout a_, b_, y_;
  cublasLtMatmulAlgo_t algorithm_{};
  std::size_t booked_ = 0, used_ = 0;
  bool fuses_ = true, fusedBias_ = false, fusedActivation_ = false;
};

Result<std::unique_ptr<Kernel>> makeLt(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kA, In::kB}));
  TANDEM_ASSIGN(const auto geometry, ops::MatmulGeometry::from(request.attrs(), request.call.inputs));
  auto kernel =
      std::make_unique<LtMatmul>(geometry, request.in(In::kA).dtype, request.out(0).dtype, request.engine);
  TANDEM_TRY(kernel->make(request.options.precision));
  return std::unique_ptr<Kernel>(std::move(kernel));
}

}  // namespace

extern const KernelList matmul;
const KernelList matmul = {{"cublaslt", makeLt}};

}  // namespace tandem::cuda
