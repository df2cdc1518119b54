// All that the tool prints: data on standard output, the rest on standard error.
//
// A command hands over records and lists and does not know the format. In JSON everything is kept and
// printed as one document at the end; the other formats print as they go.
#pragma once

#include "byte_sink.hpp"
#include "diagnostic.hpp"
#include "record.hpp"
#include "settings.hpp"
#include "table.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tool {

/// One thread at a time.
class output {
public:
    explicit output(const settings& how);

    const settings& how() const noexcept { return how_; }
    record make() const { return record{how_.format}; }

    /// True once what is shown arrives nowhere, because nobody reads standard output any more or the
    /// JSON document is full; a command should come to its end.
    bool closed() const noexcept { return out_.closed() || overflown_; }

    /// Shows a record on its own. `tag`: what it is, in a line of ndjson that has such lines of
    /// several kinds; may be empty.
    void show(const record& what, std::string_view tag = {});

    /// A list of records under a name. For people only `columns` are shown. `tag` as above.
    void begin_list(std::string_view name, std::vector<column> columns, std::string_view tag = {});
    void item(const record& what);
    void end_list();

    /// Shows what a table holds back, and hands everything to the system: before waiting.
    void flush();

    /// A line of data as it is, for a person; nothing in JSON and ndjson.
    void line(std::string_view text);

    /// Tells of a problem: on standard error, or in the JSON document.
    void tell(const diagnostic& what);

    /// A line on standard error, unless quiet.
    void note(std::string_view text);

    /// A line on standard error that the next one replaces, where that is a terminal.
    void status(std::string_view text);
    void clear_status();

    /// Ends everything: prints the JSON document and says how writing went. The code to exit with.
    exit_code finish(exit_code code);

private:
    bool is(output_format format) const noexcept { return how_.format == format; }
    std::string_view cut_mark() const noexcept { return how_.unicode ? "…" : "~"; }
    void member(std::string_view json);
    void print_rows(const record& what);

    settings how_;
    byte_sink out_;
    byte_sink err_;
    std::optional<table> table_{};
    std::vector<column> columns_{};
    std::string_view tag_{};
    std::string data_{};         // JSON: members of "data"
    std::string diagnostics_{};  // JSON: elements of "diagnostics"
    bool listing_ = false;
    bool first_item_ = true;
    bool overflown_ = false;
};

}  // namespace varve::tool
