// The same through the roof. Extend here: one send and one ask on the memory store.
#include <varve/app.hpp>

#include <cstdio>

int main() {
    std::puts(varve::version_text);
    return 0;
}
