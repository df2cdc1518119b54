// A case that does not say what it expects.
// harness: says nowhere what it expects
#ifdef BAD
static_assert(false, "something");
#endif
