#include "object/view.hpp"

namespace deltos::object {

Result<View> View::serve(std::shared_ptr<const Memory> memory, std::int32_t flags) {
  const bool is_bytes = memory->format().dtype == dtype::Dtype::u8;
  DELTOS_ASSIGN(const dtype::Served served,
                dtype::serve_request(memory->layout(), is_bytes, memory->readonly(), flags));
  const bool readonly = (flags & dtype::kRequestWritable) == 0;
  return View(std::move(memory), served, readonly);
}

View View::whole(std::shared_ptr<const Memory> memory) {
  const dtype::Served served{true, true, true, dtype::is_indirect(memory->layout())};
  const bool readonly = memory->readonly();
  return View(std::move(memory), served, readonly);
}

Result<View> View::share(std::int32_t flags) const {
  if (readonly_ && (flags & dtype::kRequestWritable) != 0) {
    return fail(Code::readonly, "the view is read-only; acquire a writable one from the object");
  }
  return serve(memory_->clone(), flags);
}

}  // namespace deltos::object
