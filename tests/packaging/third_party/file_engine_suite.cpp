// The conformance suite over an event store on our own engine, in files of the operating system.
#include "file_engine.hpp"

#include <varve/eventstore/basic_store.hpp>
#include <varve/testing/conformance.hpp>
#include <varve/testing/scratch_folder.hpp>

using namespace third_party;

// [harness]
struct file_harness {
    using store_type = varve::basic_store<file_engine>;
    static constexpr std::string_view name = "file";

    varve::result<store_type> open(varve::environment& env) {
        const auto path = folder / "store";
        auto engine = file_engine::open(store_type::spaces(), posix_file::opener(path), path);
        if (!engine) return varve::pass_on(std::move(engine));
        return store_type::open(std::move(*engine), {.environment = &env});
    }
    varve::testkit::scratch_folder folder;
};

VARVE_CONFORMANCE(file, ::file_harness);
// [/harness]
