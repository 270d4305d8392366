package nestor.autodiff.cpu.loop;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;

/// Local variables of a method being generated; those given back are used again.
final class Locals {
  private final CodeBuilder code;
  private final Map<TypeKind, Deque<Integer>> free = new EnumMap<>(TypeKind.class);

  Locals(CodeBuilder code) {
    this.code = code;
  }

  int take(TypeKind kind) {
    Integer slot = free.computeIfAbsent(kind, k -> new ArrayDeque<>()).poll();
    return slot != null ? slot : code.allocateLocal(kind);
  }

  void giveBack(TypeKind kind, int slot) {
    free.computeIfAbsent(kind, k -> new ArrayDeque<>()).push(slot);
  }

  /// Stores the number on the operand stack in a new variable.
  int store(TypeKind kind) {
    int slot = take(kind);
    code.storeLocal(kind, slot);
    return slot;
  }
}
