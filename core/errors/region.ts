import { XenkeepError } from './base.ts'

/** Another region's control plane is the active one; this one only shows what there is. */
export class RegionStandbyError extends XenkeepError {
  readonly code = 'REGION_STANDBY'
  constructor(here: string, active: string, epoch: number) {
    super(
      `The control plane in ${here} stands by: ${active} is the active region (epoch ${epoch}), and only it starts and changes anything.`,
      {
        advice: `Send the call to the control plane in ${active}. Only if that region is lost: "xenkeep region take-over" here.`,
        retryable: true,
      },
    )
  }
}

/** The call was signed under a former epoch of the regions: what it says it may have said elsewhere already. */
export class RegionEpochChangedError extends XenkeepError {
  readonly code = 'REGION_EPOCH_CHANGED'
  constructor(told: number, epoch: number) {
    super(
      `The call was signed for epoch ${told} of the regions, and a region has been taken over since: it is epoch ${epoch} now.`,
      {
        advice: 'Nothing needs to be done: the gateway signs the call anew and repeats it.',
        retryable: true,
      },
    )
  }
}

/** A take-over has to be confirmed by the name of the region that is to be active. */
export class RegionNotConfirmedError extends XenkeepError {
  readonly code = 'REGION_NOT_CONFIRMED'
  constructor(here: string, confirmed: string) {
    super(
      `A take-over makes the control plane that answers the active one. That is ${here}, and "${confirmed}" was confirmed.`,
      {
        advice: `Check which control plane you are talking to ("xenkeep region status"), then confirm with its name: --confirm ${here}.`,
      },
    )
  }
}

/** There is no second region to take over from. */
export class RegionAloneError extends XenkeepError {
  readonly code = 'REGION_ALONE'
  constructor(here: string) {
    super(`${here} is the only region of this deployment: there is nothing to take over from.`, {
      advice: 'Deploy a second region first (docs/second-region.md).',
    })
  }
}
