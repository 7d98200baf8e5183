// Carries the precompiled header of the rooms (src/CMakeLists.txt).
