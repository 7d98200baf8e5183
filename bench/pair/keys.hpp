// Which of many keys a request carries, in a header: for proxies that limit by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace perigee::bench {

class Keys {
 public:
  // In turn; or drawn by these shares, the same draw in every run.
  Keys(std::size_t count, const std::vector<double>& shares);

  bool is_used() const { return count_ > 0; }
  std::uint32_t next();

 private:
  std::size_t count_;
  bool is_drawn_;
  std::uint32_t in_turn_ = 0;
  std::minstd_rand random_;
  std::discrete_distribution<std::uint32_t> draw_;
};

// Adds the header to a request head, and changes the key in it.
void add_key(std::string& request);
void set_key(std::string& request, std::uint32_t key);

}  // namespace perigee::bench
