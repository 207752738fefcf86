// The operations of the corpus on values.
#include "operations.hpp"
#include "trees.hpp"

namespace conformance {
namespace {

// One step down: to an element by its number, or to what a key has.
deltos::Node descend(const deltos::Node &node, const Json &to) {
  if (to.is_object()) {
    if (const auto found = look_for(node, to)) return *found;
    throw Mismatch("a key of the path is not there");
  }
  const bool is_dict = node.kind() == deltos::ValueKind::dict;
  deltos_item items[2];
  const std::size_t parts = is_dict ? 2 : 1;
  if (node.children(to.get<std::uint64_t>(), {items, parts}) != parts) {
    throw Mismatch("the path leads to no element");
  }
  return {node.get(), items[parts - 1], node.depth() + 1};
}

deltos::Node node_at(const deltos::Object &value, const Json &step, const char *field = "path") {
  deltos::Node node = root_of(value);
  for (const Json &to : step.value(field, Json::array())) node = descend(node, to);
  return node;
}

}  // namespace

void Operations::put_value(const Json &step) {
  deltos::ValueBuilder builder = built(step.at("value"));
  name(step, the<deltos::Transaction>(step, "transaction").put(text(step, "name"), builder));
}

void Operations::pack_value(const Json &step) {
  deltos::Packed packed = built(step.at("value")).pack();
  expect(step, {{"size", packed.size()}});
  if (step.contains("data")) expect_bytes(bytes_of(step.at("data")), packed.bytes());
  name(step, std::move(packed).open());
}

// Without deltos::Value, which reads the root when opening: damage is looked at step by step.
void Operations::unpack_value(const Json &step) {
  name(step, open_copy(&deltos_value_open_memory, bytes_of(step.at("data")), step.value("at", std::size_t{0})));
}

void Operations::open_value(const Json &step) {
  if (const auto *storage = std::get_if<deltos::Storage>(&named(step, "from"))) {
    return name(step, storage->value(text(step, "name")));
  }
  name(step, reader(step).value(text(step, "name")));
}

void Operations::value_info(const Json &step) {
  const deltos::Node node = node_at(any_object(step, "object"), step);
  expect(step, {{"kind", word_of(kValueKinds, node.kind())},
                {"count", node.size()},
                {"dtype", word_of(kDtypes, static_cast<deltos::Dtype>(node.item().detail))}});
}

void Operations::read_value(const Json &step) {
  const deltos::Node node = node_at(any_object(step, "object"), step);
  if (step.contains("value")) expect_tree(step.at("value"), node);
}

void Operations::find_value(const Json &step) {
  const auto found = look_for(node_at(any_object(step, "object"), step), step.at("key"));
  expect(step, {{"absent", !found}});
  if (!found && step.contains("value")) throw Mismatch("the key is not there");
  if (found && step.contains("value")) expect_tree(step.at("value"), *found);
}

void Operations::hash_value(const Json &step) {
  expect(step, {{"hash", digits_of_word(node_at(any_object(step, "object"), step).hash())}});
}

void Operations::equal_values(const Json &step) {
  const deltos::Node node = node_at(any_object(step, "object"), step);
  expect(step, {{"equal", node == node_at(any_object(step, "other"), step, "other_path")}});
}

void Operations::value_view(const Json &step) {
  const deltos::Request request = flags_of(step, kRequests, deltos::Request::full_ro);
  name(step, node_at(any_object(step, "object"), step).view(request));
}

}  // namespace conformance
