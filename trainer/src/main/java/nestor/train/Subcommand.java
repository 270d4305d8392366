package nestor.train;

import java.util.concurrent.Callable;

/// A command that another module brings to `./nestor`: a class with picocli's annotations in a
/// package that is open to `info.picocli`. Found by [java.util.ServiceLoader], so a module offers
/// one with `provides nestor.train.Subcommand with …`.
///
/// It prints through its `CommandSpec`'s command line, throws a [Failure] for what the user can put
/// right, and gives the exit status.
public interface Subcommand extends Callable<Integer> {}
