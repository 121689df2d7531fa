// Threads of our own. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>

namespace kompakt {

/// Runs main(argument) on another thread, which takes no signals and is to be joined; false when the system
/// gives none.
bool StartThread(pthread_t* thread, void* (*main)(void*), void* argument);

}  // namespace kompakt
