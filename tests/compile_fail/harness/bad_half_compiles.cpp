// A case whose bad half is fine.
// harness: the bad half compiles
// expect: anything
int main() {}
