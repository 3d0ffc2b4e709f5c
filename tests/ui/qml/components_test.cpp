// Runs every tst_*.qml in components/ against a scripted App.
#include <QtQuickTest/quicktest.h>

#include "driver.h"

using tramontane::desktop::Driver;

QUICK_TEST_MAIN_WITH_SETUP(components, Driver)
