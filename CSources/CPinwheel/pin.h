// What pin.c has for process.c alone.
#ifndef PINWHEEL_PIN_H
#define PINWHEEL_PIN_H

#include "include/pw_process.h"

/// Its thread goes by the process's affinity from now on. Whether it was bound.
PW_API bool pw_pin_lend(pw_pin *pin);
/// Its thread goes by the pin again, as it is by now.
PW_API void pw_pin_take_back(pw_pin *pin);
/// In a forked child, where nobody else is left who could hold its lock, or give it back.
PW_API bool pw_pin_is_bound_in_child(const pw_pin *pin);

#endif
