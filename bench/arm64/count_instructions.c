// A plugin of qemu (version 1 of its interface) that counts the instructions of the emulated program, and those of them that
// multiply four pairs of bytes a lane (SDOT and UDOT). At every system call getppid it prints both, so that a program can say
// where counting begins and ends. qemu's own header is in no package: what is needed of it is declared here.
// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t PluginId;
extern void qemu_plugin_register_vcpu_tb_trans_cb(PluginId, void (*)(PluginId, struct qemu_plugin_tb*));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb*, void (*)(unsigned, void*), int, void*);
extern void qemu_plugin_register_vcpu_syscall_cb(PluginId, void (*)(PluginId, unsigned, int64_t, uint64_t, uint64_t,
                                                                    uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                                                    uint64_t));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb*);
extern struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb*, size_t);
extern const void* qemu_plugin_insn_data(const struct qemu_plugin_insn*);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

enum { kGetppid = 173 };  // on arm64

typedef struct {
  uint32_t instructions, dots;
} Block;

static uint64_t instructions, dots;

/// Vector by vector, and vector by element; either sign.
static int IsDot(uint32_t code) {
  return (code & 0x9fe0fc00u) == 0x0e809400u || (code & 0x9fc0f400u) == 0x0f80e000u;
}

static void Executed(unsigned cpu, void* data) {
  const Block* block = data;
  (void)cpu;
  __atomic_fetch_add(&instructions, block->instructions, __ATOMIC_RELAXED);
  if (block->dots > 0) __atomic_fetch_add(&dots, block->dots, __ATOMIC_RELAXED);
}

static void Translated(PluginId id, struct qemu_plugin_tb* tb) {
  (void)id;
  Block* block = calloc(1, sizeof *block);  // lives as long as the translation, which ends with the process
  if (block == NULL) abort();
  block->instructions = (uint32_t)qemu_plugin_tb_n_insns(tb);
  for (size_t i = 0; i < block->instructions; ++i) {
    uint32_t code;
    memcpy(&code, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), sizeof code);
    block->dots += IsDot(code);
  }
  qemu_plugin_register_vcpu_tb_exec_cb(tb, Executed, 0, block);
}

static void Called(PluginId id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                   uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  (void)id, (void)cpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
  if (number != kGetppid) return;
  fprintf(stderr, "counted %" PRIu64 " %" PRIu64 "\n", __atomic_load_n(&instructions, __ATOMIC_RELAXED),
          __atomic_load_n(&dots, __ATOMIC_RELAXED));
}

EXPORT int qemu_plugin_install(PluginId id, const void* info, int argc, char** argv) {
  (void)info, (void)argc, (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, Translated);
  qemu_plugin_register_vcpu_syscall_cb(id, Called);
  return 0;
}
