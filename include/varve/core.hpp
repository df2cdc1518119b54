// All of the core: words, contracts, buses, pure behaviour; the standard library only.
#pragma once

#include <varve/append.hpp>
#include <varve/assert.hpp>
#include <varve/bytes.hpp>
#include <varve/codec.hpp>
#include <varve/engine.hpp>
#include <varve/environment.hpp>
#include <varve/event.hpp>
#include <varve/executor.hpp>
#include <varve/expect.hpp>
#include <varve/failure.hpp>
#include <varve/fields.hpp>
#include <varve/flat.hpp>
#include <varve/ids.hpp>
#include <varve/limits.hpp>
#include <varve/members.hpp>
#include <varve/packed.hpp>
#include <varve/protobuf_message.hpp>
#include <varve/store.hpp>
#include <varve/store_ref.hpp>
#include <varve/stream_id.hpp>
#include <varve/time.hpp>
#include <varve/version.hpp>
#include <varve/wire_name.hpp>
