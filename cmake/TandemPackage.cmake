# `cmake --install` of the programs, and the Debian packages that CPack makes: tandem, and tandem-cuda where there is a
# GPU backend. installer/package.sh builds them; resources/CMakeLists.txt installs what is not a program.
# CMake removes the build's RPATH on installation: every library comes from the system.
install(TARGETS tandem RUNTIME COMPONENT tandem)
if(TANDEM_LAB)
  install(TARGETS tandem-lab RUNTIME COMPONENT tandem)
endif()
set(backends ${CMAKE_INSTALL_LIBDIR}/tandem/backends)  # see core/base/install_dirs.cpp
foreach(level ${TANDEM_CPU_LEVELS})
  install(TARGETS tandem_cpu_${level} LIBRARY DESTINATION ${backends} COMPONENT tandem)
endforeach()
set(CPACK_COMPONENTS_ALL tandem)
if(TARGET tandem_cuda)
  install(TARGETS tandem_cuda tandem_cuda_kernels LIBRARY DESTINATION ${backends} COMPONENT cuda)
  list(APPEND CPACK_COMPONENTS_ALL cuda)
endif()

# The person who builds a package is its maintainer, named as for Debian's own tools.
set(name $ENV{DEBFULLNAME})
set(address $ENV{DEBEMAIL})
if(NOT name OR NOT address)
  set(name "Tandem developers")
  set(address "developers@tandem.invalid")
endif()
set(CPACK_PACKAGE_CONTACT "${name} <${address}>")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tandem)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(CPACK_DEBIAN_TANDEM_PACKAGE_NAME tandem)
set(CPACK_DEBIAN_TANDEM_PACKAGE_RECOMMENDS "dataset-fashion-mnist, qt6-wayland")
set(CPACK_DEBIAN_TANDEM_PACKAGE_SUGGESTS "python3-sklearn, python3-statsmodels, weka")  # the built-in datasets
set(CPACK_DEBIAN_TANDEM_PACKAGE_SUGGESTS "tandem-cuda")
set(CPACK_COMPONENT_TANDEM_DESCRIPTION "lab for drawing, training and comparing neural networks
Tandem is a desktop lab in which neural networks are drawn, trained on the CPU
or a GPU, watched live and compared run by run. A twin run trains one network
on two or more devices or configurations and says what makes them differ.

This package has the window (tandem-lab), the command line (tandem) and the
CPU backends. The GPU backend is in the package tandem-cuda.")

set(CPACK_DEBIAN_CUDA_PACKAGE_NAME tandem-cuda)
set(CPACK_DEBIAN_CUDA_PACKAGE_DEPENDS "tandem (= ${PROJECT_VERSION})")
# NVIDIA's libraries are not in Debian; the backend opens them where they are.
set(CPACK_DEBIAN_CUDA_PACKAGE_SUGGESTS "libcudnn9-cuda-13, libcublas-13-0")
if(TARGET tandem_cuda)
  get_directory_property(libraries DIRECTORY gpu DEFINITION CUDAToolkit_LIBRARY_DIR)
  cmake_path(GET CUDNN_LIBRARY PARENT_PATH cudnn)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${libraries} ${cudnn})
endif()
set(CPACK_COMPONENT_CUDA_DESCRIPTION "GPU backend of the neural network lab Tandem
Tandem is a desktop lab in which neural networks are drawn, trained, watched
and compared.

This package lets it train on NVIDIA GPUs. It needs NVIDIA's driver, cuBLAS of
CUDA 13 and cuDNN 9, which come from NVIDIA's own package repository.")

# Debian's papers, for each package.
execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} log -1 --format=%cD
  OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT date)
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
endif()
foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} key)
  set(package ${CPACK_DEBIAN_${key}_PACKAGE_NAME})
  set(changelog ${CMAKE_BINARY_DIR}/${package}/changelog)
  file(WRITE ${changelog}
    "tandem (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * Version ${PROJECT_VERSION}.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  execute_process(COMMAND gzip -9nf ${changelog})
  set(doc ${CMAKE_INSTALL_DATADIR}/doc/${package})
  install(FILES ${CMAKE_SOURCE_DIR}/resources/debian/copyright DESTINATION ${doc} COMPONENT ${component})
  install(FILES ${changelog}.gz DESTINATION ${doc} COMPONENT ${component})
endforeach()
include(CPack)
