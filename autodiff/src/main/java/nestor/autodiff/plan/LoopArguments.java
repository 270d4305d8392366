package nestor.autodiff.plan;

import org.jspecify.annotations.Nullable;

/// Where a [Loop] finds its operands and results, and how large its space is. Places are numbered:
/// operands first, then results.
///
/// The element of a place at row r and column c is at
///
///     offsets[slot] + offset + (table == null ? r · rowStride : table[r]) + (per element ? c : 0)
///
/// of the array in the place's slot. Results of [Loop.ColumnFold] and [Loop.AreaFold] count groups of
/// rows instead of rows.
///
/// @param rows the number of rows
/// @param columns the number of columns
/// @param group rows that a [Loop.ColumnFold] or a [Loop.AreaFold] folds into one; else 1
/// @param slots per place the number of the array that holds it
/// @param offsets per place the position of its first element
/// @param rowStrides per place the distance of its rows
/// @param tables per place the positions of its rows where they have no common distance
public record LoopArguments(
    int rows,
    int columns,
    int group,
    int[] slots,
    int[] offsets,
    int[] rowStrides,
    int @Nullable [][] tables) {}
