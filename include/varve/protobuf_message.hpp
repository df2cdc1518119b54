// Protobuf messages as payloads, without an include of Protobuf.
//
// A message is recognised by its members (`protobuf_message` in wire_name.hpp) and used through
// them: every name of Protobuf here depends on the message's type, whose own header declares it.
#pragma once

#include <varve/assert.hpp>
#include <varve/bytes.hpp>
#include <varve/event.hpp>
#include <varve/failure.hpp>
#include <varve/wire_name.hpp>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace varve::inline v0::detail {

/// Stands for a pointer whose type only the callee can name.
struct untyped_pointer {
    void* to;
    template <class T>
    operator T*() const noexcept {
        return static_cast<T*>(to);
    }
};

/// A serialized FileDescriptorSet: the file of a message and what it imports, dependencies first.
///
/// The core includes nothing of Protobuf and so cannot name `FileDescriptorProto`; it is made
/// through the message's own reflection, which knows every linked type by name.
template <class File, class Prototype>
void put_file(const File* file, const Prototype& prototype, std::vector<const File*>& done,
              bytes& set) {
    for (const auto* seen : done)
        if (seen == file) return;
    done.push_back(file);
    for (int i = 0; i < file->dependency_count(); ++i)
        put_file(file->dependency(i), prototype, done, set);

    const auto proto = std::unique_ptr<Prototype>{prototype.New()};
    file->CopyTo(untyped_pointer{proto.get()});
    const auto size = proto->ByteSizeLong();
    set.push_back(std::byte{0x0a});  // field 1 of FileDescriptorSet, length-delimited
    for (auto rest = size;; rest >>= 7) {
        set.push_back(static_cast<std::byte>(rest < 0x80 ? rest : (rest & 0x7f) | 0x80));
        if (rest < 0x80) break;
    }
    const auto at = set.size();
    set.resize(at + size);
    const bool written = proto->SerializeToArray(set.data() + at, static_cast<int>(size));
    ensure(written, "a Protobuf descriptor does not serialize");
}

template <class T>
struct protobuf_codec {
    static constexpr encoding kind = encoding::protobuf;

    static void encode(const T& message, bytes& out) {
        const std::size_t size = message.ByteSizeLong();
        ensure(size <= INT_MAX, "a Protobuf message is larger than 2 GiB");
        const auto at = out.size();
        out.resize(at + size);
        message.SerializeWithCachedSizesToArray(reinterpret_cast<unsigned char*>(out.data() + at));
    }

    static result<T> decode(bytes_view payload, std::uint32_t) {
        result<T> message{std::in_place};
        if (!message->ParseFromArray(payload.data(), static_cast<int>(payload.size())))
            return undecodable<T>("these " + std::to_string(payload.size()) +
                                  " bytes are not this Protobuf message, or its text is not UTF-8");
        return message;
    }

    /// Protobuf writes messages that it will not read: without a required field, or with text that
    /// is not UTF-8. They are found before they are stored.
    static result<void> check(const T& message, bytes_view encoded) {
        static const bool doubtful = [] {
            std::vector<decltype(T::descriptor())> seen;
            return holds_text(T::descriptor(), seen);
        }();
        if (!message.IsInitialized())
            return fail(errc::invalid_argument, "lacks " + message.InitializationErrorString());
        if (!doubtful) return {};
        T copy;
        if (!copy.ParseFromArray(encoded.data(), static_cast<int>(encoded.size())))
            return fail(errc::invalid_argument, "holds text that is not UTF-8");
        return {};
    }

    static bytes descriptor() {
        ensure(
            T::descriptor()->full_name() == wire_name<T>,
            "the wire name of a Protobuf event is not its full name; specialise varve::wire_name");
        const auto* file = T::descriptor()->file();
        auto* factory = T::default_instance().GetReflection()->GetMessageFactory();
        const auto* type = file->pool()->FindMessageTypeByName(
            "google.protobuf.FileDescriptorProto");
        ensure(type != nullptr, "this Protobuf library does not know its own descriptors");
        bytes set;
        std::vector<decltype(file)> done;
        put_file(file, *factory->GetPrototype(type), done, set);
        return set;
    }

private:
    template <class Descriptor>
    static bool holds_text(const Descriptor* message, std::vector<const Descriptor*>& seen) {
        for (const auto* other : seen)
            if (other == message) return false;
        seen.push_back(message);
        for (int i = 0; i < message->field_count(); ++i) {
            const auto* field = message->field(i);
            if (field->type() == field->TYPE_STRING) return true;
            if (const auto* inner = field->message_type())
                if (holds_text(inner, seen)) return true;
        }
        return false;
    }
};

}  // namespace varve::inline v0::detail
