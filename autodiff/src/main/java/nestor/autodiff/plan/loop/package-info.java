/// Loops in machine operations, for backends that generate code.
package nestor.autodiff.plan.loop;
