#include "CPinwheel.h"
