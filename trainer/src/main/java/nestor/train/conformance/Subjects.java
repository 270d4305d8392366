package nestor.train.conformance;

import java.util.List;

/// What reference cases can be about besides operators.
///
/// @param programs whose traces can be checked
/// @param mechanisms by the names that cases use
public record Subjects(List<ReferenceProgram> programs, List<ReferenceMechanism> mechanisms) {}
