package nestor.opencl;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/// Built programs on disk, by device, driver, options and source. A file holds a digest of its key
/// and of what follows, so that a damaged or mistaken one is not used but written anew; it appears
/// whole or not at all, whichever of several processes writes it.
///
/// @param folder where files are, or empty for none
record BinaryCache(Optional<Path> folder) {
  /// The system property that names the folder; `off` for none.
  static final String PROPERTY = "nestor.opencl.cache";

  private static final byte[] MAGIC = "NESTORC1".getBytes(StandardCharsets.US_ASCII);
  private static final int DIGEST = 32;

  /// In the user's folder for such things.
  static BinaryCache standard() {
    String named = System.getProperty(PROPERTY, "");
    if (named.equals("off")) {
      return new BinaryCache(Optional.empty());
    }
    if (!named.isEmpty()) {
      return new BinaryCache(Optional.of(Path.of(named)));
    }
    String caches = System.getenv("XDG_CACHE_HOME");
    Path parent =
        caches == null || caches.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(caches);
    return new BinaryCache(Optional.of(parent.resolve("nestor").resolve("opencl")));
  }

  boolean isOn() {
    return folder.isPresent();
  }

  /// The path of another kind of file, by what it is about.
  Optional<Path> beside(String subject, String ending) {
    byte[] digest = digest(subject.getBytes(StandardCharsets.UTF_8));
    return folder.map(
        path -> path.resolve(HexFormat.of().formatHex(digest).substring(0, 16) + ending));
  }

  /// What was stored under a key, if it is still whole.
  Optional<byte[]> find(String key) {
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    try {
      byte[] all = Files.readAllBytes(file(folder.get(), key));
      int start = MAGIC.length + DIGEST;
      if (all.length > start) {
        byte[] binary = Arrays.copyOfRange(all, start, all.length);
        if (Arrays.equals(all, contents(key, binary))) {
          return Optional.of(binary);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // as if it had never been there
    }
  }

  /// Stores something under a key. Where that is not possible, it is built again the next time.
  void store(String key, byte[] binary) {
    if (folder.isEmpty() || binary.length == 0) {
      return;
    }
    try {
      Files.createDirectories(folder.get());
      Path file = file(folder.get(), key);
      Path unfinished = Files.createTempFile(folder.get(), "unfinished", "");
      try {
        Files.write(unfinished, contents(key, binary));
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(unfinished);
      }
    } catch (IOException e) {
      System.getLogger(BinaryCache.class.getName())
          .log(System.Logger.Level.DEBUG, "a built program could not be stored", e);
    }
  }

  /// Forgets what is stored under a key.
  void drop(String key) {
    if (folder.isPresent()) {
      try {
        Files.deleteIfExists(file(folder.get(), key));
      } catch (IOException e) {
        System.getLogger(BinaryCache.class.getName())
            .log(System.Logger.Level.DEBUG, "a stored program could not be removed", e);
      }
    }
  }

  private static byte[] contents(String key, byte[] binary) {
    byte[] named = key.getBytes(StandardCharsets.UTF_8);
    byte[] both = Arrays.copyOf(named, named.length + binary.length);
    System.arraycopy(binary, 0, both, named.length, binary.length);
    return ByteBuffer.allocate(MAGIC.length + DIGEST + binary.length)
        .put(MAGIC)
        .put(digest(both))
        .put(binary)
        .array();
  }

  private static Path file(Path folder, String key) {
    byte[] digest = digest(key.getBytes(StandardCharsets.UTF_8));
    return folder.resolve(HexFormat.of().formatHex(digest) + ".bin");
  }

  private static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
