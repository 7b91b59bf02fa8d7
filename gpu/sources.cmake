# tandem_cuda_sources(OUT): the backend's files and a generated list of the ops' kernels, for the plugin of this folder
# and for tests/gpu_stand_in, which compiles the same files without nvcc.
set(TANDEM_CUDA_SOURCE_DIR ${CMAKE_CURRENT_LIST_DIR})
function(tandem_cuda_sources OUT)
  file(GLOB sources CONFIGURE_DEPENDS ${TANDEM_CUDA_SOURCE_DIR}/*.cpp ${TANDEM_CUDA_SOURCE_DIR}/*.cu)
  set(declarations "")
  set(entries "")
  foreach(file ${sources})
    cmake_path(GET file STEM name)
    if(EXISTS ${CMAKE_SOURCE_DIR}/core/ops/${name}.cpp)
      string(APPEND declarations "extern const KernelList ${name};\n")
      string(APPEND entries "{\"${name}\", &${name}}, ")
    endif()
  endforeach()
  set(registry ${CMAKE_CURRENT_BINARY_DIR}/kernel_registry.cpp)
  file(CONFIGURE OUTPUT ${registry} CONTENT
"// Generated from the files of gpu/ that have a namesake in core/ops.
#include \"gpu/kernel.h\"
namespace tandem::cuda {
${declarations}
std::span<const NamedKernelList> kernelRegistry() {
  static const NamedKernelList list[] = {${entries}};
  return list;
}
}  // namespace tandem::cuda
" @ONLY)
  set(${OUT} ${sources} ${registry} PARENT_SCOPE)
endfunction()
