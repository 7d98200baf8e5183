#include "pair/record.hpp"

#include "pair/stream.hpp"

namespace perigee::bench {

Recorder::Recorder(const std::string& path) {
  if (path.empty()) return;
  file_ = std::fopen(path.c_str(), "wb");
  if (file_ == nullptr) fail("cannot write " + path);
}

Recorder::~Recorder() {
  if (file_ != nullptr) std::fclose(file_);
}

void Recorder::add(const Record& record) {
  if (file_ != nullptr && std::fwrite(&record, sizeof record, 1, file_) != 1)
    fail("cannot write the record");
}

}  // namespace perigee::bench
