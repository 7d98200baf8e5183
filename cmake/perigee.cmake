# Compiler settings per mode, and the functions that make a target of a room.
option(PERIGEE_TESTS "Build the tests" ON)
option(PERIGEE_BENCH "Build the benchmarks" OFF)
option(PERIGEE_FUZZ "Build the fuzz targets" OFF)
option(PERIGEE_PROFILE_WRITE "release: write profiles instead of using one" OFF)
set(PERIGEE_MODE dev CACHE STRING "dev, release, asan, tsan or fuzz")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers
  -Wno-gnu-statement-expression)
if(PERIGEE_WERROR)
  add_compile_options(-Werror)
endif()
add_link_options(-fuse-ld=lld-19)
if(NOT PERIGEE_MODE STREQUAL "release")  # profiles of a release unwind by DWARF
  add_compile_options(-fno-omit-frame-pointer)
endif()

if(PERIGEE_MODE STREQUAL "dev")
  set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
elseif(PERIGEE_MODE STREQUAL "release")
  # Asserts stay: PERIGEE_ASSERT does not look at NDEBUG.
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -gdwarf-4 -DNDEBUG")  # valgrind 3.19 reads no DWARF 5
  add_compile_options(-flto=thin)
  add_link_options(-flto=thin -Wl,--gc-sections -Wl,--as-needed)
  # What is hot is known from bench/release.profdata, which bench/profile writes. A function that has changed since is
  # compiled as if there were none.
  set(profile_names -mllvm -static-func-full-module-prefix=false)  # the same in every checkout
  if(PERIGEE_PROFILE_WRITE)
    add_compile_options(-fprofile-generate ${profile_names})
    add_link_options(-fprofile-generate)
  elseif(EXISTS ${CMAKE_SOURCE_DIR}/bench/release.profdata)
    # Another profile compiles everything again: objects of two do not link.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/release.profdata)
    file(SHA256 ${CMAKE_SOURCE_DIR}/bench/release.profdata profile_hash)
    add_compile_options(-fprofile-use=${CMAKE_SOURCE_DIR}/bench/release.profdata ${profile_names}
      -DPERIGEE_PROFILE_HASH=${profile_hash}
      -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled -Wno-backend-plugin)
  endif()
elseif(PERIGEE_MODE STREQUAL "asan")
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  # Not vptr: it probes memory through a pipe, and stops what runs while no descriptor is left.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined
    -D_GLIBCXX_ASSERTIONS)  # an empty optional, the value of an error
  add_link_options(-fsanitize=address,undefined)
elseif(PERIGEE_MODE STREQUAL "tsan")
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(PERIGEE_MODE STREQUAL "fuzz")
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
else()
  message(FATAL_ERROR "PERIGEE_MODE is '${PERIGEE_MODE}'; expected dev, release, asan, tsan or fuzz")
endif()

find_package(Threads REQUIRED)

# The start of the gateway loads few shared objects, so a static archive is taken where Debian has one.
function(perigee_static_library name)
  find_library(PERIGEE_LIB_${name} NAMES lib${name}.a ${name} REQUIRED)
  if(NOT TARGET perigee_lib_${name})
    add_library(perigee_lib_${name} INTERFACE IMPORTED GLOBAL)
    set_target_properties(perigee_lib_${name} PROPERTIES
      INTERFACE_LINK_LIBRARIES "${PERIGEE_LIB_${name}};${ARGN}")
  endif()
endfunction()

perigee_static_library(cares)
perigee_static_library(yaml-cpp)
perigee_static_library(re2 Threads::Threads)
perigee_static_library(crypto dl Threads::Threads)
perigee_static_library(ssl perigee_lib_crypto)
perigee_static_library(xxhash)
perigee_static_library(z)
perigee_static_library(expat)
perigee_static_library(simdjson)

# The sanitizers' builds read the standard library's headers once. The development build reads what a source names, so
# that a missing #include is found.
set(PERIGEE_PRECOMPILE OFF)
if(PERIGEE_MODE MATCHES "^(asan|tsan|fuzz)$")
  set(PERIGEE_PRECOMPILE ON)
endif()
set(PERIGEE_PRECOMPILE_OPTIONS "SHELL:-Xclang -fno-pch-timestamp")  # with a timestamp in it, ccache would never hit

# perigee_module(NAME USES room... LIBRARIES library...): the room src/NAME as one static library.
function(perigee_module name)
  cmake_parse_arguments(ARG "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  list(TRANSFORM ARG_USES PREPEND perigee_)
  if(sources)
    add_library(perigee_${name} STATIC ${sources})
    target_include_directories(perigee_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(perigee_${name} PUBLIC ${ARG_USES} PRIVATE ${ARG_LIBRARIES})
    if(PERIGEE_PRECOMPILE)
      target_precompile_headers(perigee_${name} REUSE_FROM perigee_header)
    endif()
  else()
    add_library(perigee_${name} INTERFACE)
    target_include_directories(perigee_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(perigee_${name} INTERFACE ${ARG_USES} ${ARG_LIBRARIES})
  endif()
endfunction()

# perigee_rooms_of(VARIABLE SOURCE): the targets of the rooms that the first lines of SOURCE name, `// room: http net`.
function(perigee_rooms_of variable source)
  file(STRINGS ${source} lines LIMIT_COUNT 5 REGEX "^// room: ")
  if(NOT lines)
    message(FATAL_ERROR "${source}: the first lines name no room; expected a line such as '// room: http'")
  endif()
  list(GET lines 0 line)
  string(REGEX REPLACE "^// room: *" "" rooms "${line}")
  separate_arguments(rooms)
  list(TRANSFORM rooms PREPEND perigee_)
  set(${variable} ${rooms} PARENT_SCOPE)
endfunction()
