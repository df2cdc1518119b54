// A program outside the tree: the core is usable with what was installed, and nothing else.
#include <varve/core.hpp>

#include <cstdio>

int main() {
    std::puts(varve::version_text);
    return 0;
}
