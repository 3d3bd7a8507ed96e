import { XenkeepError } from './base.ts'

/** The commit record is whole and authentic, but describes its VM in a way that this version does not know. */
export class PointUnintelligibleError extends XenkeepError {
  readonly code = 'POINT_UNINTELLIGIBLE'
  constructor(pointId: string, cause: unknown) {
    super(
      `The recovery point ${pointId} describes its VM in a way that this version cannot read.`,
      {
        advice: 'Update XenKeep on this machine; the point was written by a newer version.',
        cause,
      },
    )
  }
}

/** Somebody explains a point at which nothing is unusual. */
export class NothingUnusualError extends XenkeepError {
  readonly code = 'NOTHING_UNUSUAL'
  constructor(pointId: string) {
    super(`The recovery point ${pointId} is as usual: there is nothing to explain.`, {
      advice: 'Name the point that is unusual; "xenkeep vms show VM" tells which one it is.',
    })
  }
}
