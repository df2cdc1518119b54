#include "stores/place.hpp"

#include <stdlib.h>
#include <system_error>

namespace varve::tests {

scratch_folder::scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "varve-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
}
scratch_folder::scratch_folder(scratch_folder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}
scratch_folder& scratch_folder::operator=(scratch_folder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
}
scratch_folder::~scratch_folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace varve::tests
