#include "net/stream.hpp"

namespace perigee::net {

Async<Result<void>> Stream::write(std::string_view bytes) {
  // The span may die with this call: implementations copy it before they wait.
  const std::string_view one[] = {bytes};
  return write(std::span(one));
}

}  // namespace perigee::net
