import type { RegionSetup, RegionView } from '../region/region.ts'

/** Which of the control planes over one replicated catalog is active (docs/second-region.md). Where there is but one, it asks nobody. */
export interface Region {
  readonly setup: RegionSetup
  /** At most five seconds old. */
  view(): Promise<RegionView>
  /** @throws `REGION_STANDBY`, `REGION_LISTENS` */
  guardActive(): Promise<void>
  /**
   * @param told the epoch that a gateway signed its call for
   * @throws `REGION_EPOCH_CHANGED` where it is lower than ours, `REGION_STANDBY` where it is higher: then somebody has taken over, and we have not heard
   */
  guardEpoch(told: number): Promise<void>
  /** Has the others know that this region lives, also while it stands by. Called by every clock; writes once a minute. */
  giveSign(): Promise<void>
  /**
   * Makes this region the active one, under the next epoch. Where it is already, and no gateway has heard of a higher one, nothing changes.
   * @throws `REGION_ALONE`
   */
  takeOver(by: { by: string; why?: string }): Promise<RegionView>
}
