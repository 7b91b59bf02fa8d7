#include "core/ops/formula.h"

#include "core/ops/formula_program.h"
#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

template <class T>
struct FormulaOperands {
  const T* in[Formula::kMaxOperands] = {};
};

// One thread per element. All threads take the same way through the program, which is in constant memory as a parameter
// of the kernel. kSlots: at least those of the program; the fewer, the more of them are in registers or the cache.
template <int kSlots, class T>
__global__ void __launch_bounds__(kThreads)
    formulaKernel(FormulaOperands<T> p, T* y, std::uint32_t n, FormulaAxes axes, FormulaProgram program) {
  const std::uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= n) return;
  float slots[kSlots];
  float value = 0;
  for (int k = 0; k < program.count; ++k) {
    const FormulaInstruction step = program.code[k];
    if (step.code == FormulaCode::Operand) {
      value = toFloat(p.in[step.a][axes.at(step.a, i)]);
    } else if (step.code == FormulaCode::Constant) {
      value = program.constants[step.a];
    } else {
      const int arity = formulaArity(step.code);
      const float b = arity > 1 ? slots[step.b] : 0.0f, c = arity > 2 ? slots[step.c] : 0.0f;
      value = formulaValue(step.code, slots[step.a], b, c);
    }
    slots[step.to] = value;
  }
  y[i] = fromFloat<T>(value);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const Formula formula, Formula::from(request.attrs()));
  TANDEM_ASSIGN(const FormulaProgram program, FormulaProgram::of(formula));
  const Shape& shape = request.out(0).shape;
  const std::int64_t n = shape.elements();
  if (!fits32(n)) return refuse("more than 2^31 elements");
  for (const TensorType& type : request.call.inputs)
    if (type.dtype != request.in(0).dtype) return refuse("the operands have different types");
  const FormulaAxes axes = FormulaAxes::of(shape, request.call.inputs);
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([=](cudaStream_t stream, const Operands& o) -> Status {
      if (n == 0) return success();
      FormulaOperands<T> p;
      for (int k = 0; k < axes.operands; ++k) p.in[k] = o.input<T>(k);
      const auto run = [&](auto* kernel) {
        return launch("formula", kernel, blocksFor(n), kThreads, stream, p, o.output<T>(0),
                      static_cast<std::uint32_t>(n), axes, program);
      };
      if (program.slots <= 8) return run(formulaKernel<8, T>);
      if (program.slots <= 24) return run(formulaKernel<24, T>);
      return run(formulaKernel<FormulaProgram::kMaxSlots, T>);
    });
  });
}

}  // namespace

extern const KernelList formula;
const KernelList formula = {{"cuda", make}};

}  // namespace tandem::cuda
