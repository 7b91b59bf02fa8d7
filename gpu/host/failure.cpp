#include "gpu/host/failure.h"

#include <algorithm>
#include <cstdint>

#include "core/text/units.h"

namespace tandem::cuda {

FailureKind classifyCuda(int number) {
  switch (number) {
    case 2:  // cudaErrorMemoryAllocation
      return {ErrorCode::OutOfMemory, false, "Use a smaller batch, or close other programs that use the GPU"};
    case 35:   // cudaErrorInsufficientDriver
    case 100:  // cudaErrorNoDevice
      return {ErrorCode::NotFound, false, "Run `tandem doctor` to see what is missing"};
    case 209:  // cudaErrorNoKernelImageForDevice
      return {ErrorCode::Unsupported, false,
              "This build has no code for this GPU; rebuild with -DTANDEM_CUDA_ARCHITECTURES=release"};
    case 46:  // cudaErrorDevicesUnavailable
      return {ErrorCode::Unsupported, false, "Another program holds the GPU exclusively"};
    case 214:  // cudaErrorECCUncorrectable
    case 220:  // cudaErrorNvlinkUncorrectable
    case 226:  // cudaErrorContained
    case 911:  // cudaErrorExternalDevice
      return {
          ErrorCode::DeviceLost, true,
          "The GPU's memory or link, or a device beside it, failed. The last checkpoint is intact: restart "
          "Tandem, or the machine if the GPU fails again, and resume from it"};
    case 700:  // cudaErrorIllegalAddress
    case 702:  // cudaErrorLaunchTimeout
    case 709:  // cudaErrorContextIsDestroyed
    case 710:  // cudaErrorAssert
    case 714:  // cudaErrorHardwareStackError
    case 715:  // cudaErrorIllegalInstruction
    case 716:  // cudaErrorMisalignedAddress
    case 717:  // cudaErrorInvalidAddressSpace
    case 718:  // cudaErrorInvalidPc
    case 719:  // cudaErrorLaunchFailure
    case 721:  // cudaErrorTensorMemoryLeak
    case 810:  // cudaErrorMpsClientTerminated
    case 999:  // cudaErrorUnknown: what is left to say after the driver itself failed (an Xid error in its
               // log)
      return {
          ErrorCode::DeviceLost, true,
          "The last checkpoint is intact: restart Tandem and resume from it, or continue on the CPU. `tandem "
          "train --find-faults` finds the layer that fails"};
    default:
      return {ErrorCode::Unsupported, false, {}};
  }
}

Error cudaError(int number, std::string_view what, std::string_view name, std::string_view description) {
  FailureKind kind = classifyCuda(number);
  std::string message(what);
  message += ": ";
  message += description;
  message += " (";
  message += name;
  message += ")";
  return {kind.code, std::move(message), {}, std::move(kind.hint)};
}

Error lostDevice(std::string_view device) {
  return {ErrorCode::DeviceLost, "the GPU failed, and CUDA cannot use it again in this process",
          std::string(device),
          "The last checkpoint is intact: restart Tandem and resume from it, or continue on the CPU"};
}

Error outOfMemory(const MemoryNeeds& needed, std::size_t freeBytes, std::string_view device) {
  const auto sizeText = [](std::size_t bytes) { return bytesText(static_cast<double>(bytes)); };
  Error error{ErrorCode::OutOfMemory, {}, std::string(device), {}};
  const auto& [fixedBytes, batchBytes, batch, largestLayer, largestBytes] = needed;
  error.message =
      "the network needs " + sizeText(fixedBytes + batchBytes) + " at batch size " + std::to_string(batch);
  if (!largestLayer.empty())
    error.message += " (the largest output, of " + largestLayer + ", " + sizeText(largestBytes) + ")";
  const std::size_t neededBytes = fixedBytes + batchBytes;
  error.message += neededBytes <= freeBytes
                       ? ", and the driver and its libraries need more than the rest of the " +
                             sizeText(freeBytes) + " that are free"
                       : ", but " + sizeText(freeBytes) + " are free";
  // A tenth is reserved for the libraries.
  const double available =
      0.9 * static_cast<double>(std::min(freeBytes, neededBytes)) - static_cast<double>(fixedBytes);
  const auto fits = available > 0 && batchBytes > 0
                        ? static_cast<std::int64_t>(available / static_cast<double>(batchBytes) *
                                                    static_cast<double>(batch))
                        : 0;
  error.hint = fits >= 1 && fits < batch
                   ? "A batch size of about " + std::to_string(fits) + " fits; or train on the CPU"
                   : "Close other programs that use the GPU, or train on the CPU";
  return error;
}

}  // namespace tandem::cuda
