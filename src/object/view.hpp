// A view: memory, and which of its fields the consumer asked for.
#pragma once

#include "dtype/request.hpp"
#include "object/memory.hpp"

namespace deltos::object {

class View {
 public:
  // Answers a request (dtype/request.hpp) on memory: readonly, layout, invalid.
  static Result<View> serve(std::shared_ptr<const Memory> memory, std::int32_t flags);
  // Every field, as the memory is.
  static View whole(std::shared_ptr<const Memory> memory);

  // The same memory under another request; a read-only view does not become writable.
  Result<View> share(std::int32_t flags) const;

  const std::shared_ptr<const Memory> &memory() const { return memory_; }
  const dtype::Served &served() const { return served_; }
  bool readonly() const { return readonly_; }

 private:
  View(std::shared_ptr<const Memory> memory, dtype::Served served, bool readonly)
      : memory_(std::move(memory)), served_(served), readonly_(readonly) {}
  std::shared_ptr<const Memory> memory_;
  dtype::Served served_;
  bool readonly_;
};

}  // namespace deltos::object
