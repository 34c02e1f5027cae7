#include "CPinwheelExplorer.h"
