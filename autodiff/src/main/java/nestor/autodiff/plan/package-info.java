/// Compiled plans: what a traced function becomes, whichever backend runs it.
package nestor.autodiff.plan;
