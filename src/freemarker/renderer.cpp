// What directives do.
#include "freemarker/renderer.hpp"

#include "freemarker/numbers.hpp"

namespace perigee::freemarker {

using el::Value;

Result<Template> Template::compile(std::string_view text) {
  if (text.size() > kTemplateBytesMax)
    return perigee::fail(ErrorCode::limit, "the template is longer than " +
                                               std::to_string(kTemplateBytesMax) + " bytes");
  auto program = std::make_shared<Program>();
  TRY(program->body, parse_template(text));
  return Template(std::move(program));
}

Result<std::string_view> Template::render(const el::Object& model, Arena& arena,
                                          const Limits& limits) const {
  return Renderer(model, arena, limits).run(*program_);
}

Result<std::string_view> Renderer::run(const Program& program) {
  render(program.body);
  if (error_) return std::unexpected(*std::move(error_));
  return arena_.copy(out_);
}

Value Renderer::fail(Place place, const std::string& why, ErrorCode code) {
  if (!error_) {
    error_.emplace(code, at(place) + ": " + why);
    missing_ = false;
  }
  return Value::failed();
}

bool Renderer::within(Place place, std::size_t count, std::size_t max, std::string_view does,
                      std::string_view what) {
  if (count > max)
    fail(place, std::string(does) + " more than " + std::to_string(max) + " " + std::string(what),
         ErrorCode::limit);
  return !error_;
}

bool Renderer::step(Place place, std::size_t count) {
  return within(place, steps_ += count, limits_.steps_max, "it needs",
                "steps (perigee.limits.templateSteps)");
}

bool Renderer::build(Place place, std::size_t bytes) {
  return within(place, built_bytes_ += bytes, limits_.built_bytes_max, "it makes",
                "bytes (perigee.limits.templateBytes)");
}

bool Renderer::write(std::string_view text, Place place) {
  if (!within(place, out_.size() + text.size(), limits_.output_bytes_max, "the output has",
              "bytes"))
    return false;
  out_ += text;
  return !error_;
}

void Renderer::set(std::string_view name, Value value) {
  for (auto& [known, old] : variables_) {
    if (known != name) continue;
    old = value;
    return;
  }
  variables_.emplace_back(name, value);
}

Renderer::Flow Renderer::render(const Block& block) {
  for (const Node& node : block) {
    Flow flow = render(node);
    if (flow != Flow::next) return flow;
  }
  return Flow::next;
}

// As deep as the template, which has a limit.
Renderer::Flow Renderer::render(const Node& node) {
  if (!step(node.place)) return Flow::failed;
  auto done = [](bool fine) { return fine ? Flow::next : Flow::failed; };
  switch (node.kind) {
    case Kind::text:
      return done(write(node.text, node.place));
    case Kind::interpolation: {
      auto text = text_of(required(node.expressions[0]), node.place);
      return done(text && write(*text, node.place));
    }
    case Kind::number: {
      Value value = required(node.expressions[0]);
      if (value.is_failed()) return Flow::failed;
      if (!value.is_number()) {
        fail(node.place, "#{..} needs a number");
        return Flow::failed;
      }
      return done(write(*formatted(value, node.text), node.place));
    }
    case Kind::condition:
      return render_condition(node);
    case Kind::list:
      return render_list(node);
    case Kind::items:
      if (lists_.empty() || !lists_.back()) {
        fail(node.place, "<#items> has no <#list> around it");
        return Flow::failed;
      }
      return render_items(node, *lists_.back(), node.blocks[0]);
    case Kind::separator: {
      bool more = !loops_.empty() && loops_.back()->index + 1 < loops_.back()->size;
      return more ? render(node.blocks[0]) : Flow::next;
    }
    case Kind::assign:
      return assign(node);
    case Kind::capture: {
      std::string captured;
      if (render_into(node.blocks[0], captured) == Flow::failed) return Flow::failed;
      set(node.names[0], text(node.place, captured));
      return done(!error_);
    }
    case Kind::choice:
      return render_choice(node);
    case Kind::attempt:
      return render_attempt(node);
    case Kind::compress: {
      std::string inner, compressed;
      Flow flow = render_into(node.blocks[0], inner);
      if (flow == Flow::failed) return flow;
      // A run of blanks becomes one: a line end if there is one in it.
      for (std::size_t at = 0; at < inner.size(); ++at) {
        std::size_t end = std::min(inner.find_first_not_of(" \t\r\n", at), inner.size());
        if (end == at) {
          compressed += inner[at];
          continue;
        }
        bool line =
            std::string_view(inner).substr(at, end - at).find('\n') != std::string_view::npos;
        compressed += line ? '\n' : ' ';
        at = end - 1;
      }
      return write(compressed, node.place) ? flow : Flow::failed;
    }
    case Kind::setting:
      return set_format(node);
    case Kind::stop: {
      std::string why = "stopped by <#stop>";
      if (!node.expressions.empty()) {
        auto text = text_of(required(node.expressions[0]), node.place);
        if (!text) return Flow::failed;
        why += ": " + std::string(*text);
      }
      fail(node.place, why);
      return Flow::failed;
    }
    case Kind::leave:
      return Flow::leave;
    case Kind::again:
      return Flow::again;
  }
  return Flow::next;
}

Renderer::Flow Renderer::render_into(const Block& block, std::string& to) {
  std::swap(out_, to);
  Flow flow = render(block);
  std::swap(out_, to);
  return flow;
}

Renderer::Flow Renderer::render_condition(const Node& node) {
  for (std::size_t i = 0; i < node.expressions.size(); ++i) {
    std::optional<bool> holds = condition(node.expressions[i]);
    if (!holds) return Flow::failed;
    if (*holds) return render(node.blocks[i]);
  }
  bool has_else = node.blocks.size() > node.expressions.size();
  return has_else ? render(node.blocks.back()) : Flow::next;
}

std::optional<Renderer::Listed> Renderer::listed(const Node& node) {
  Value value = required(node.expressions[0]);
  if (value.is_failed()) return std::nullopt;
  Listed made;
  made.is_hash = value.is_map();
  if (made.is_hash) {
    auto entries = entries_of(value, node.place);
    if (!entries) return std::nullopt;
    made.entries.assign(entries->begin(), entries->end());
    return made;
  }
  auto items = items_of(value, node.place);
  if (!items) return std::nullopt;
  for (Value item : *items) made.entries.push_back({item, item});
  return made;
}

Renderer::Flow Renderer::render_list(const Node& node) {
  std::optional<Listed> what = listed(node);
  if (!what) return Flow::failed;
  if (what->entries.empty()) return node.blocks.size() > 1 ? render(node.blocks[1]) : Flow::next;
  if (!node.names.empty()) return render_items(node, *what, node.blocks[0]);
  lists_.push_back(&*what);
  Flow flow = render(node.blocks[0]);
  lists_.pop_back();
  return flow;
}

Renderer::Flow Renderer::render_items(const Node& node, const Listed& listed, const Block& body) {
  if (listed.is_hash != (node.names.size() == 2)) {
    fail(node.place, listed.is_hash ? "a hash is listed with 'as key, value'"
                                    : "a sequence is listed with one name");
    return Flow::failed;
  }
  Loop loop{.index = 0, .size = listed.entries.size()};
  std::size_t depth = locals_.size();
  loops_.push_back(&loop);
  lists_.push_back(nullptr);
  Flow flow = Flow::next;
  for (; loop.index < loop.size && flow == Flow::next; ++loop.index) {
    if (!within(node.place, ++turns_, limits_.loop_turns_max, "its loops turn",
                "times (perigee.limits.templateLoopTurns)")) {
      flow = Flow::failed;
      break;
    }
    const el::MapEntry& entry = listed.entries[loop.index];
    locals_.push_back({node.names[0], listed.is_hash ? entry.key : entry.value, &loop});
    if (listed.is_hash) locals_.push_back({node.names[1], entry.value, &loop});
    flow = render(body);
    locals_.resize(depth);
    if (flow == Flow::again) flow = Flow::next;
  }
  lists_.pop_back();
  loops_.pop_back();
  return flow == Flow::leave ? Flow::next : flow;
}

// Runs on from the case that fits, until a <#break>.
Renderer::Flow Renderer::render_choice(const Node& node) {
  Value value = required(node.expressions[0]);
  if (value.is_failed()) return Flow::failed;
  std::size_t from = 0;
  for (std::size_t i = 1; i < node.expressions.size() && from == 0; ++i) {
    if (i == node.default_case) continue;
    Value wanted = required(node.expressions[i]);
    std::optional<bool> same = equal(value, wanted, node.expressions[i].place);
    if (!same) return Flow::failed;
    if (*same) from = i;
  }
  if (from == 0) from = node.default_case;
  if (from == 0) return Flow::next;
  for (std::size_t i = from - 1; i < node.blocks.size(); ++i) {
    Flow flow = render(node.blocks[i]);
    if (flow == Flow::leave) return Flow::next;
    if (flow != Flow::next) return flow;
  }
  return Flow::next;
}

// What failed leaves nothing behind, but a limit stays a limit.
Renderer::Flow Renderer::render_attempt(const Node& node) {
  std::size_t locals = locals_.size(), loops = loops_.size(), lists = lists_.size();
  std::string made;
  Flow flow = render_into(node.blocks[0], made);
  if (flow != Flow::failed) return write(made, node.place) ? flow : Flow::failed;
  if (error_->code == ErrorCode::limit) return Flow::failed;
  error_.reset();
  locals_.resize(locals);
  loops_.resize(loops);
  lists_.resize(lists);
  return render(node.blocks[1]);
}

Renderer::Flow Renderer::assign(const Node& node) {
  Value value = required(node.expressions[0]);
  if (!node.text.empty() && !value.is_failed()) {
    Expression name{.op = Op::variable, .place = node.place, .name = node.names[0]};
    Value old = required(name);
    if (old.is_failed()) return Flow::failed;
    if (node.text == "+") {
      value = add(old, value, node.place);
    } else if (!old.is_number() || !value.is_number()) {
      value = fail(node.place, node.text + "= needs numbers");
    } else {
      Op op = node.text == "-"   ? Op::subtract
              : node.text == "*" ? Op::multiply
              : node.text == "/" ? Op::divide
                                 : Op::modulo;
      std::optional<Value> result = compute(op, old, value);
      value = result ? *result : fail(node.place, "division by zero");
    }
  }
  if (value.is_failed()) return Flow::failed;
  set(node.names[0], value);
  return Flow::next;
}

Renderer::Flow Renderer::set_format(const Node& node) {
  auto format = text_of(required(node.expressions[0]), node.place);
  if (!format) return Flow::failed;
  if (node.names[0] == "number_format") {
    if (!formatted(Value::integer(0), *format)) {
      fail(node.place, "the number format '" + std::string(*format) + "' is not supported");
      return Flow::failed;
    }
    number_format_ = *format;
    return Flow::next;
  }
  std::size_t comma = format->find(',');
  if (*format == "c") {
    true_text_ = "true";
    false_text_ = "false";
  } else if (comma == format->npos) {
    fail(node.place, "a boolean format is 'c' or two texts with a comma between");
    return Flow::failed;
  } else {
    true_text_ = format->substr(0, comma);
    false_text_ = format->substr(comma + 1);
  }
  return Flow::next;
}

}  // namespace perigee::freemarker
