// A case that never compiles.
// harness: the good half does not compile
// expect: anything
static_assert(false, "anything");
