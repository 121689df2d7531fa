// SPDX-License-Identifier: Apache-2.0
#include "native/base/thread.h"

#include <signal.h>

namespace kompakt {

bool StartThread(pthread_t* thread, void* (*main)(void*), void* argument) {
  // Signals are for the host's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool started = pthread_create(thread, nullptr, main, argument) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace kompakt
