# Lays out an installed Varve: one include folder, the tool, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/varve")
get_property(roots GLOBAL PROPERTY VARVE_INCLUDE_ROOTS)
get_property(targets GLOBAL PROPERTY VARVE_TARGETS)

foreach(root IN LISTS roots)
    install(DIRECTORY "${root}/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
endforeach()
if(TARGET varve_tool)
    install(TARGETS varve_tool RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

install(TARGETS ${targets} EXPORT varveTargets)
install(EXPORT varveTargets NAMESPACE varve:: DESTINATION "${config_dir}")

configure_package_config_file(cmake/varveConfig.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/varveConfig.cmake"
                              INSTALL_DESTINATION "${config_dir}" NO_SET_AND_CHECK_MACRO)
# SameMinorVersion while the major version is 0: until 1.0 a minor step may change the interface.
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/varveConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/varveConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/varveConfigVersion.cmake"
              cmake/Findvarve_sodium.cmake cmake/Findvarve_xxhash.cmake cmake/Findvarve_rocksdb.cmake
              cmake/varve_protobuf.cmake
        DESTINATION "${config_dir}")

# Relative to the .pc file itself, so that an installed tree can be moved.
cmake_path(SET pc_dir NORMALIZE "/${CMAKE_INSTALL_LIBDIR}/pkgconfig")
cmake_path(RELATIVE_PATH pc_dir BASE_DIRECTORY "/" OUTPUT_VARIABLE pc_path)
string(REGEX REPLACE "[^/]+" ".." pc_to_prefix "${pc_path}")
configure_file(cmake/varve.pc.in "${CMAKE_CURRENT_BINARY_DIR}/varve.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/varve.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# The pages keep their places, so that the links between them hold.
if(VARVE_WITH_ROCKSDB)
    configure_file(cmake/varve-rocksdb.pc.in "${CMAKE_CURRENT_BINARY_DIR}/varve-rocksdb.pc" @ONLY)
    install(FILES "${CMAKE_CURRENT_BINARY_DIR}/varve-rocksdb.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()

install(FILES LICENSE README.md CHANGELOG.md CONTRIBUTING.md DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
install(DIRECTORY docs eventstore projections sagas samples DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL
        FILES_MATCHING PATTERN "*.md")
