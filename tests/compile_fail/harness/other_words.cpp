// A case that is refused, but not in the words it promises.
// harness: the message lacks: a sentence of ours
// expect: a sentence of ours
#ifdef BAD
static_assert(false, "something else");
#endif
