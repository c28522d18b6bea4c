/** The states of a classic group, as DescribeGroups and ListGroups show them (`ClassicGroupState`). */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

/**
 * Where a group may go from each state.
 *
 * - Empty: no members; offsets may remain.
 * - PreparingRebalance: JoinGroup requests wait until all known members have sent one, or time is up.
 * - CompletingRebalance: SyncGroup requests wait for the leader's.
 * - Stable: every member can have its assignment.
 * - Dead: taken away, or this broker coordinates it no longer.
 */
export const TRANSITIONS: Readonly<Record<ClassicGroupState, readonly ClassicGroupState[]>> = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
  Dead: ['Dead'],
}
