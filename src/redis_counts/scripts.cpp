#include "redis_counts/scripts.hpp"

namespace perigee::redis_counts {

// The floor is the count that somebody has seen (redis-client.md 4.3): idempotent, and in any
// order.
const redis::Script& window_script() {
  static const redis::Script script(R"(local key = KEYS[1]
local weight, floor = tonumber(ARGV[1]), tonumber(ARGV[2])
local is = redis.call('HMGET', key, 'counter', 'limit', 'reset')
if ARGV[6] == '1' and is[3] ~= ARGV[4] then return {false, false, false, false} end
local new = not is[2]
if new or is[3] == ARGV[4] then
  weight = weight + math.max(floor - (tonumber(is[1]) or 0), 0)
end
redis.call('HINCRBY', key, 'counter', string.format('%.0f', weight))
if new then
  redis.call('HMSET', key, 'limit', ARGV[3], 'reset', ARGV[4], 'subscription', ARGV[5])
  redis.call('PEXPIREAT', key, ARGV[4])
end
return redis.call('HMGET', key, 'counter', 'limit', 'reset', 'subscription')
)");
  return script;
}

// counters/bucket.cpp says the same, where it is explained.
const redis::Script& bucket_script() {
  static const redis::Script script(R"(local key = KEYS[1]
local wanted, capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local period, now = tonumber(ARGV[4]), tonumber(ARGV[5])
local is = redis.call('HMGET', key, 'tokens', 'last_refill')
local tokens, last = tonumber(is[1]), tonumber(is[2])
if tokens and last then
  local whole = math.floor(capacity * period / rate) + period
  local elapsed = math.min(math.max(now - last, 0), whole)
  local back = math.floor(elapsed * rate / period)
  if back > 0 then
    tokens, last = math.min(capacity, tokens + back), now
  end
else
  tokens, last = capacity, now
end
local allowed = tokens >= wanted
if allowed then tokens = tokens - wanted end
redis.call('HMSET', key, 'tokens', string.format('%.0f', tokens),
  'last_refill', string.format('%.0f', last), 'subscription', ARGV[6])
redis.call('PEXPIREAT', key, string.format('%.0f', now + tonumber(ARGV[7])))
return {allowed and 1 or 0, tokens}
)");
  return script;
}

}  // namespace perigee::redis_counts
