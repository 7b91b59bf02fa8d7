# How every folder becomes a target. A library takes all .cpp files of its folder, so adding a file
# needs no edit here or there.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(TANDEM_BACKENDS_DIR ${CMAKE_BINARY_DIR}/bin/backends)
# The headless bundle (installer/bundle.sh) has its libraries in lib/ beside bin/. DT_RPATH, because
# unlike DT_RUNPATH it also serves the libraries that plugins and other libraries need.
list(APPEND CMAKE_BUILD_RPATH "\$ORIGIN/../lib")
add_link_options(-Wl,--disable-new-dtags)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(TANDEM_CCACHE ccache)
if(TANDEM_CCACHE)
  # Without this sloppiness ccache does not serve files that use a precompiled header. The base directory lets
  # one checkout use what another one compiled.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${TANDEM_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${launcher})
endif()

find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)

add_library(tandem_options INTERFACE)
target_compile_options(tandem_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow $<$<BOOL:${TANDEM_WERROR}>:-Werror>
  -Wno-missing-field-initializers -fno-math-errno>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms about std::string operations (GCC bugs 105329 and 105651, fixed in 13).
  target_compile_options(tandem_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-stringop-overflow>)
endif()
set(TANDEM_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)  # headers that list the files of a folder
target_include_directories(tandem_options INTERFACE ${CMAKE_SOURCE_DIR} ${TANDEM_GENERATED_DIR})
target_link_libraries(tandem_options INTERFACE Threads::Threads)
option(TANDEM_FUZZER "Build the libFuzzer programs (needs clang)" OFF)
if(TANDEM_FUZZER)
  target_compile_options(tandem_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(TANDEM_SANITIZER)
  target_compile_options(tandem_options INTERFACE -fsanitize=${TANDEM_SANITIZER} -fno-omit-frame-pointer)
  target_link_options(tandem_options INTERFACE -fsanitize=${TANDEM_SANITIZER})
  if(TANDEM_SANITIZER MATCHES address)
    # Without the checks of pointers whose failures AddressSanitizer reports too; they take a fifth of the build's time.
    target_compile_options(tandem_options INTERFACE -fsanitize=undefined -fno-sanitize=null,object-size,vptr
      -fno-sanitize-recover=undefined)
    target_link_options(tandem_options INTERFACE -fsanitize=undefined)
  endif()
endif()

# Headers that most files include and that take longest to parse. A target that needs more adds its own; the others
# share core/base's (tandem_precompile). Files still include all that they use: the dev preset, the fuzzing build
# and the linter do without precompiled headers.
set(TANDEM_STD_HEADERS <algorithm> <array> <atomic> <chrono> <cmath> <cstdint> <filesystem> <functional> <limits> <map>
  <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility> <vector>)

# tandem_precompile(TARGET [HEADERS header... | FROM target]): makes a precompiled header for this target, or uses that
# of another one with the same options (default: core/base's).
function(tandem_precompile TARGET)
  cmake_parse_arguments(ARG "" "FROM" "HEADERS" ${ARGN})
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  if(ARG_HEADERS)
    target_precompile_headers(${TARGET} PRIVATE ${TANDEM_STD_HEADERS} ${ARG_HEADERS})
  elseif(ARG_FROM)
    target_precompile_headers(${TARGET} REUSE_FROM ${ARG_FROM})
  else()
    target_precompile_headers(${TARGET} REUSE_FROM tandem_base)
  endif()
  target_compile_options(${TARGET} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)  # for ccache
endfunction()

# tandem_compile_quickly(TARGET): for code that computes little; saves about a third of the compile time of -O3.
set(TANDEM_QUICK_OPTION $<$<CONFIG:Release>:-Og>)
function(tandem_compile_quickly TARGET)
  target_compile_options(${TARGET} PRIVATE ${TANDEM_QUICK_OPTION})
endfunction()

# tandem_library(NAME [QUICK|PLAIN] LINK lib... [SOURCES file...]): a static library of all .cpp files in the current folder,
# and SOURCES. QUICK: see tandem_compile_quickly; core/network is the first of these and makes their precompiled header. PLAIN: without one.
function(tandem_library NAME)
  cmake_parse_arguments(ARG "QUICK;PLAIN" "" "LINK;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(${NAME} STATIC ${sources} ${ARG_SOURCES})
  target_link_libraries(${NAME} PUBLIC tandem_options ${ARG_LINK})
  if(ARG_QUICK)
    tandem_compile_quickly(${NAME})
    if(NOT NAME STREQUAL "tandem_network")
      tandem_precompile(${NAME} FROM tandem_network)
    endif()
  elseif(NOT ARG_PLAIN AND NOT NAME STREQUAL "tandem_base")
    tandem_precompile(${NAME})
  endif()
endfunction()

# tandem_registry(OUT NAMESPACE TYPE HEADER [FOLDER name] [EXCLUDE name...]): writes a .cpp that lists one object of TYPE per
# .cpp file of the current folder, or of a folder in it, named like the file, so that adding a file registers it.
# Offers `std::span<const TYPE* const> NAMESPACE::registry()`.
function(tandem_registry OUT NAMESPACE TYPE HEADER)
  cmake_parse_arguments(ARG "" "FOLDER" "EXCLUDE" ${ARGN})
  set(folder ${CMAKE_CURRENT_SOURCE_DIR})
  if(ARG_FOLDER)
    string(APPEND folder /${ARG_FOLDER})
  endif()
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(declarations "")
  set(entries "")
  foreach(file ${files})
    cmake_path(GET file STEM name)
    if(NOT name IN_LIST ARG_EXCLUDE)
      string(APPEND declarations "extern const ${TYPE} ${name};\n")
      string(APPEND entries "&${name}, ")
    endif()
  endforeach()
  set(path ${CMAKE_CURRENT_BINARY_DIR}/registry.cpp)
  file(CONFIGURE OUTPUT ${path} CONTENT
"// Generated from the files of ${folder}.
#include <span>
#include \"${HEADER}\"
namespace ${NAMESPACE} {
${declarations}
std::span<const ${TYPE}* const> registry() {
  static const ${TYPE}* const list[] = {${entries}};
  return list;
}
}  // namespace ${NAMESPACE}
" @ONLY)
  set(${OUT} ${path} PARENT_SCOPE)
endfunction()
