// A folder of its own for a test, removed at its end.
#pragma once

#include <varve/assert.hpp>

#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace varve::inline v0::testkit {

/// Lies below the system's folder for temporary files.
class scratch_folder {
public:
    scratch_folder() {
        std::random_device chance;
        bool made = false;
        for (int tries = 0; tries < 100 && !made; ++tries) {
            path_ = std::filesystem::temp_directory_path() /
                    ("varve-" + std::to_string(chance()) + "-" + std::to_string(chance()));
            made = std::filesystem::create_directory(path_);
        }
        detail::ensure(made, "a temporary folder can be made");
    }
    scratch_folder(scratch_folder&& from) noexcept : path_(std::exchange(from.path_, {})) {}
    scratch_folder& operator=(scratch_folder&& from) noexcept {
        std::swap(path_, from.path_);
        return *this;
    }
    ~scratch_folder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }

    /// The path of what is called so inside.
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace varve::inline v0::testkit
