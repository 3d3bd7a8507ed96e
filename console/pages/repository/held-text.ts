import type { Held, HoldView } from '#core/contracts/holds-api.ts'

/** What a hold is on, as the API takes it. */
export const heldOf = ({ pointId, vmUuid }: HoldView): Held =>
  pointId === undefined ? { vmUuid: vmUuid ?? '' } : { pointId }

/** What a hold is on, as people know it. */
export const heldName = ({ pointId, vmUuid, vmName }: HoldView): string =>
  [vmName ?? vmUuid, pointId].filter(part => part !== undefined).join(' · ')
