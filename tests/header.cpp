// Carries the precompiled header of all test programs (see CMakeLists.txt).
