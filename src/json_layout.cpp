#include "json_layout.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace varve::tool {
namespace {

constexpr std::array<std::string_view, 13> kind_names{
    "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "string", "object"};
constexpr std::size_t most_members = 65'536;

/// The names between the dots that have no backslash before them.
std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> names(1);
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '.') {
            names.emplace_back();
        } else if (path[i] == '\\' && i + 1 < path.size()) {
            const char escaped = path[++i];
            names.back() += escaped == 'n' ? '\n' : escaped;
        } else {
            names.back() += path[i];
        }
    }
    return names;
}

}  // namespace

/// Takes the lines of a descriptor; an object's members follow it.
class json_layout::reader {
public:
    explicit reader(json_layout& to) : objects_(&to.objects_) {
        objects_->emplace_back();
        open_.push_back({{}, 0});
    }

    result<void> take(std::string_view line) {
        const auto bad = [&](const char* why) {
            return fail(errc::undecodable, "the stored description has a line '" +
                                               std::string{line} + "', whose " + why);
        };
        const auto blank = line.rfind(' ');
        if (blank == std::string_view::npos) return bad("kind is missing");
        auto path = split_path(line.substr(0, blank));
        auto kind_text = line.substr(blank + 1);
        member made{.name = path.back(), .what = kind::object, .object = 0, .layers = {}};
        path.pop_back();
        while (open_.size() > 1 && open_.back().path != path) open_.pop_back();
        if (open_.back().path != path) return bad("object is missing");
        take_layers(kind_text, made.layers);
        const auto steps = take_steps(kind_text);
        const auto* known = std::find(kind_names.begin(), kind_names.end(), kind_text);
        if (known == kind_names.end()) return bad("kind is not known to this version");
        made.what = kind{static_cast<std::uint8_t>(known - kind_names.begin())};
        if (steps && (made.what != kind::object || *steps == 0 || *steps > open_.size()))
            return bad("object is not around it");
        if (steps) made.object = open_[open_.size() - static_cast<std::size_t>(*steps)].place;
        const auto holder = open_.back().place;
        if (made.what == kind::object && !steps) {
            made.object = objects_->size();
            objects_->emplace_back();
            path.push_back(made.name);
            open_.push_back({std::move(path), made.object});
        }
        (*objects_)[holder].push_back(std::move(made));
        return {};
    }

private:
    struct opened {
        std::vector<std::string> path;
        std::size_t place;
    };

    static void take_layers(std::string_view& text, std::string& layers) {
        for (;;) {
            if (text.ends_with("[]"))
                (layers += '['), text.remove_suffix(2);
            else if (text.ends_with('?'))
                (layers += '?'), text.remove_suffix(1);
            else
                return;
        }
    }

    /// The N of `object^N`; 0 if it cannot be read.
    static std::optional<std::uint64_t> take_steps(std::string_view& text) {
        const auto caret = text.find('^');
        if (caret == std::string_view::npos) return std::nullopt;
        const auto steps = parse_number(text.substr(caret + 1)).value_or(0);
        text = text.substr(0, caret);
        return steps;
    }

    std::vector<object>* objects_;
    std::vector<opened> open_{};  ///< The document, and the objects around the next line.
};

/// Walks a document; `where` is the path to what is looked at.
class json_layout::checker {
public:
    explicit checker(const json_layout& by) : by_(&by) {}

    result<void> check_object(simdjson::dom::element value, const object& members,
                              const std::string& where) const {
        simdjson::dom::object pairs;
        if (value.get(pairs) != simdjson::SUCCESS) return wrong(where, "is not an object");
        std::vector<bool> seen(members.size());
        for (const auto& [name, each] : pairs) {
            const auto found = std::find_if(members.begin(), members.end(),
                                            [&](const member& m) { return m.name == name; });
            const auto path = inside(where, name);
            if (found == members.end()) return wrong(path, unknown(name, members));
            const auto at = static_cast<std::size_t>(found - members.begin());
            if (seen[at]) return wrong(path, "comes twice");
            seen[at] = true;
            if (auto good = check_value(each, *found, found->layers, path); !good) return good;
        }
        for (std::size_t i = 0; i < members.size(); ++i)
            if (!seen[i] && !members[i].layers.starts_with('?'))
                return wrong(inside(where, members[i].name), "is missing");
        return {};
    }

private:
    static std::string inside(const std::string& where, std::string_view name) {
        return where.empty() ? std::string{name} : where + "." + std::string{name};
    }

    static std::unexpected<failure> wrong(const std::string& where, const std::string& what) {
        return fail(errc::invalid_argument,
                    (where.empty() ? "the document" : "member '" + where + "'") + " " + what);
    }

    static std::string unknown(std::string_view name, const object& members) {
        std::vector<std::string> names;
        for (const auto& each : members) names.push_back(each.name);
        std::string text = "is not one of the type's";
        if (const auto near = nearest(name, names)) return text + "; did you mean '" + *near + "'?";
        text += ", which are";
        for (const auto& each : names) text += (&each == &names.front() ? " " : ", ") + each;
        return text;
    }

    result<void> check_value(simdjson::dom::element value, const member& by,
                             std::string_view layers, const std::string& where) const {
        if (layers.empty()) return check_kind(value, by, where);
        if (layers.front() == '?')
            return value.is_null() ? result<void>{}
                                   : check_value(value, by, layers.substr(1), where);
        simdjson::dom::array list;
        if (value.get(list) != simdjson::SUCCESS) return wrong(where, "is not an array");
        std::size_t i = 0;
        for (const simdjson::dom::element each : list)
            if (auto good = check_value(each, by, layers.substr(1),
                                        where + "[" + std::to_string(i++) + "]");
                !good)
                return good;
        return {};
    }

    result<void> check_kind(simdjson::dom::element value, const member& by,
                            const std::string& where) const {
        switch (by.what) {
            case kind::object: return check_object(value, by_->objects_[by.object], where);
            case kind::boolean:
                return value.is_bool() ? result<void>{} : wrong(where, "is not true or false");
            case kind::text:
                return value.is_string() ? result<void>{} : wrong(where, "is not a string");
            case kind::f32: return check_real<float>(value, where);
            case kind::f64: return check_real<double>(value, where);
            case kind::i8: return check_integer<std::int8_t>(value, by, where);
            case kind::i16: return check_integer<std::int16_t>(value, by, where);
            case kind::i32: return check_integer<std::int32_t>(value, by, where);
            case kind::i64: return check_integer<std::int64_t>(value, by, where);
            case kind::u8: return check_integer<std::uint8_t>(value, by, where);
            case kind::u16: return check_integer<std::uint16_t>(value, by, where);
            case kind::u32: return check_integer<std::uint32_t>(value, by, where);
            case kind::u64: return check_integer<std::uint64_t>(value, by, where);
        }
        return wrong(where, "is of an unknown kind");
    }

    template <class T>
    static result<void> check_real(simdjson::dom::element value, const std::string& where) {
        double wide = 0;
        if (value.get(wide) != simdjson::SUCCESS) return wrong(where, "is not a number");
        if (!std::isfinite(static_cast<T>(wide))) return wrong(where, "does not fit a float");
        return {};
    }

    template <class T>
    static result<void> check_integer(simdjson::dom::element value, const member& by,
                                      const std::string& where) {
        using wide_type = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
        wide_type wide = 0;
        if (!value.is_int64() && !value.is_uint64()) return wrong(where, "is not an integer");
        if (value.get(wide) != simdjson::SUCCESS || wide < std::numeric_limits<T>::min() ||
            wide > std::numeric_limits<T>::max())
            return wrong(where, "does not fit " +
                                    std::string{kind_names[static_cast<std::size_t>(by.what)]});
        return {};
    }

    const json_layout* by_;
};

result<json_layout> json_layout::parse(std::string_view descriptor) {
    json_layout made;
    reader lines{made};
    std::size_t count = 0;
    while (!descriptor.empty()) {
        const auto end = std::min(descriptor.find('\n'), descriptor.size());
        if (++count > most_members)
            return fail(errc::undecodable, "the stored description has too many members");
        if (auto taken = lines.take(descriptor.substr(0, end)); !taken)
            return pass_on(std::move(taken));
        descriptor.remove_prefix(std::min(end + 1, descriptor.size()));
    }
    return made;
}

result<void> json_layout::check(simdjson::dom::element document) const {
    return checker{*this}.check_object(document, objects_.front(), {});
}

}  // namespace varve::tool
