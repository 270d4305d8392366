package nestor.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import nestor.opencl.driver.Driver;
import nestor.opencl.driver.DriverException;
import nestor.opencl.driver.Jocl;
import org.jocl.CL;
import org.jocl.NativePointerObject;

/// The installed OpenCL, of which calls can be made to fail. It counts what it makes and what is
/// released; releasing something twice is an error of the test.
final class FaultyDriver {
  private static final Set<String> MAKING =
      Set.of("context", "queue", "buffer", "program", "kernel");

  private final Driver real = new Jocl();
  private final Driver faulty =
      (Driver)
          Proxy.newProxyInstance(
              Driver.class.getClassLoader(),
              new Class<?>[] {Driver.class},
              (self, method, arguments) -> call(method, arguments));
  private final Set<NativePointerObject> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<String> twice = new ArrayList<>();
  private final Map<String, UnaryOperator<Object>> rewritten = new HashMap<>();
  private final Map<Integer, UnaryOperator<byte[]>> infos = new HashMap<>();
  private final Map<String, Integer> calls = new HashMap<>();
  private final Map<String, Throwable> failing = new HashMap<>();
  private final Set<String> failingOnce = new HashSet<>();
  private int buffersLeft = Integer.MAX_VALUE;
  private boolean lost;

  /// OpenCL with these faults.
  Driver driver() {
    return faulty;
  }

  private synchronized Object call(Method method, Object[] arguments) throws Throwable {
    String name = method.getName();
    calls.merge(name, 1, Integer::sum);
    if (name.equals("release")) {
      release((NativePointerObject) arguments[0]);
    } else {
      fail(name);
    }
    if (lost) {
      throw new DriverException(name, CL.CL_DEVICE_NOT_AVAILABLE);
    }
    if (name.equals("release")) {
      return null;
    }
    try {
      Object[] given = arguments == null ? new Object[0] : arguments.clone();
      for (int i = 0; i < given.length; i++) {
        given[i] = rewritten.getOrDefault(name + i, UnaryOperator.identity()).apply(given[i]);
      }
      Object result = method.invoke(real, given);
      if (MAKING.contains(name)) {
        open.add((NativePointerObject) result);
      }
      if (name.equals("info")) {
        return infos.getOrDefault((int) given[1], UnaryOperator.identity()).apply((byte[]) result);
      }
      return rewritten.getOrDefault(name, UnaryOperator.identity()).apply(result);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private void fail(String name) throws Throwable {
    if (name.equals("buffer") && --buffersLeft < 0) {
      throw new DriverException("clCreateBuffer", CL.CL_MEM_OBJECT_ALLOCATION_FAILURE);
    }
    Throwable failure = failingOnce.remove(name) ? failing.remove(name) : failing.get(name);
    if (failure instanceof DriverException gone
        && gone.status() != CL.CL_MEM_OBJECT_ALLOCATION_FAILURE
        && Set.of("launch", "finish", "map", "read", "write").contains(name)) {
      lost = true;
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void release(NativePointerObject handle) {
    if (open.remove(handle)) {
      real.release(handle);
    } else {
      twice.add(handle.toString());
    }
  }

  /// Lets a method fail from now on. Where it is one that the device does, the device is lost.
  FaultyDriver failing(String method, Throwable failure) {
    failing.put(method, failure);
    return this;
  }

  /// Lets a method fail the next time.
  FaultyDriver failingOnce(String method, Throwable failure) {
    failingOnce.add(method);
    return failing(method, failure);
  }

  /// Changes what a method gives, or with a number behind its name an argument.
  FaultyDriver rewriting(String method, UnaryOperator<Object> rewriting) {
    rewritten.put(method, rewriting);
    return this;
  }

  /// Changes what devices say of themselves.
  FaultyDriver info(int what, UnaryOperator<byte[]> rewriting) {
    infos.put(what, rewriting);
    return this;
  }

  /// Lets there be no room from the n-th buffer on that is made from now on.
  void failFromBuffer(int n) {
    buffersLeft = n - 1;
  }

  /// Lets there be room again.
  void mend() {
    buffersLeft = Integer.MAX_VALUE;
  }

  /// How often a method was called.
  int calls(String method) {
    return calls.getOrDefault(method, 0);
  }

  /// Demands that everything was released, once.
  void requireNothingOpen() {
    assertTrue(twice.isEmpty(), "released twice: " + twice);
    assertTrue(open.isEmpty(), "never released: " + open);
  }
}
