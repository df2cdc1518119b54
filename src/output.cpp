#include "output.hpp"

#include "text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace varve::tool {
namespace {

constexpr std::size_t largest_document = 256u << 20;

constexpr std::string_view bold = "\x1b[1m", red = "\x1b[1;31m", yellow = "\x1b[1;33m",
                           off = "\x1b[0m";

std::string_view status_of(exit_code code) {
    switch (code) {
        case exit_code::good: return "pass";
        case exit_code::fault:
        case exit_code::conflict:
        case exit_code::corrupt:
        case exit_code::partial: return "fail";
        default: return "error";
    }
}

}  // namespace

output::output(const settings& how) : how_(how), out_(STDOUT_FILENO), err_(STDERR_FILENO) {}

void output::member(std::string_view json) {
    if (data_.size() + json.size() > largest_document) {
        overflown_ = true;
        return;
    }
    data_ += json;
}

void output::show(const record& what, std::string_view tag) {
    switch (how_.format) {
        case output_format::json:
            if (!data_.empty()) member(",");
            member(what.members());
            break;
        case output_format::ndjson:
            if (!tag.empty())
                out_.write(fmt::format("{{\"record\":\"{}\",", tag));
            else
                out_.write("{");
            out_.write(what.members() + "}\n");
            out_.flush();
            break;
        case output_format::plain:
            for (const auto& each : what.entries())
                out_.write(fmt::format("{}\t{}\n", each.name, each.value));
            break;
        case output_format::table: print_rows(what); break;
    }
}

void output::print_rows(const record& what) {
    std::size_t widest = 0;
    for (const auto& each : what.entries()) widest = std::max(widest, each.name.size());
    for (const auto& each : what.entries()) {
        std::string name = each.name;
        std::replace(name.begin(), name.end(), '_', ' ');
        name.resize(widest, ' ');
        const auto room = how_.width - std::min(how_.width, widest + 2);
        out_.write(fmt::format("{}{}{}  {}\n", how_.color ? bold : "", name, how_.color ? off : "",
                               cut(each.value, room, cut_mark())));
    }
}

void output::begin_list(std::string_view name, std::vector<column> columns, std::string_view tag) {
    tag_ = tag;
    first_item_ = true;
    listing_ = true;
    if (is(output_format::json)) {
        if (!data_.empty()) member(",");
        member(fmt::format("\"{}\":[", name));
    } else if (is(output_format::table)) {
        table_.emplace(columns, how_.width, cut_mark());
        if (how_.color) table_->decorate_heading(bold, off);
    }
    columns_ = std::move(columns);
}

void output::item(const record& what) {
    switch (how_.format) {
        case output_format::json: member((first_item_ ? "{" : ",{") + what.members() + "}"); break;
        case output_format::ndjson: show(what, tag_); break;
        case output_format::plain: {
            std::string line;
            for (const auto& each : columns_) {
                if (&each != &columns_.front()) line += '\t';
                line += what.find(each.name);
            }
            out_.write(line + "\n");
            break;
        }
        case output_format::table: {
            std::vector<std::string> row;
            for (const auto& each : columns_) row.emplace_back(what.find(each.name));
            out_.write(table_->add(std::move(row)));
            break;
        }
    }
    first_item_ = false;
}

void output::end_list() {
    if (is(output_format::json)) member("]");
    if (table_ && !first_item_) out_.write(table_->settle());
    table_.reset();
    listing_ = false;
}

void output::flush() {
    if (table_ && !first_item_) out_.write(table_->settle());
    out_.flush();
}

void output::line(std::string_view text) {
    if (is(output_format::plain) || is(output_format::table)) out_.write(std::string{text} + "\n");
}

void output::tell(const diagnostic& what) {
    const auto word = to_string(what.severity);
    if (is(output_format::json)) {
        record all{output_format::json};
        all.text("code", what.code);
        all.text("severity", word);
        all.text("message", what.message);
        all.text("hint", what.hint);
        if (!diagnostics_.empty()) diagnostics_ += ',';
        diagnostics_ += '{' + all.members() + '}';
        return;
    }
    if (how_.quiet && what.severity == severity::note) return;
    out_.flush();  // in order, where both go to one terminal
    const auto color = what.severity == severity::error ? red : yellow;
    err_.write(fmt::format("{}{}:{} {}\n", how_.error_color ? color : "", word,
                           how_.error_color ? off : "", printable(what.message)));
    if (!what.hint.empty()) err_.write(fmt::format("  next: {}\n", what.hint));
    err_.flush();
}

void output::note(std::string_view text) {
    if (how_.quiet) return;
    out_.flush();
    err_.write(std::string{text} + "\n");
    err_.flush();
}

void output::status(std::string_view text) {
    if (!how_.error_terminal) return note(text);
    const auto shown = cut(text, how_.width - 1, cut_mark());
    err_.write("\r" + shown + "\x1b[K");
    err_.flush();
}

void output::clear_status() {
    if (!how_.error_terminal) return;
    err_.write("\r\x1b[K");
    err_.flush();
}

exit_code output::finish(exit_code code) {
    if (listing_) end_list();
    if (overflown_) {
        data_.clear();
        code = exit_code::usage;
        tell({"too_large",
              fmt::format("the answer is larger than {} MiB, the limit of one JSON document",
                          largest_document >> 20),
              "take -o ndjson, which has no limit, or ask for fewer events"});
    }
    if (is(output_format::json)) {
        out_.write(fmt::format(
            "{{\"version\":\"1\",\"status\":\"{}\",\"data\":{{{}}},\"diagnostics\":[{}]}}\n",
            status_of(code), data_, diagnostics_));
    }
    out_.flush();
    if (auto written = out_.outcome("standard output"); !written) {
        err_.write("error: " + written.error().message +
                   "\n  next: see to what standard output leads to, then run it again\n");
        if (code == exit_code::good) code = exit_code::fault;
    }
    err_.flush();
    return code;
}

}  // namespace varve::tool
