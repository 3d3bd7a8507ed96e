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

/** The region was away for a while; whether another one took over meanwhile may not have come here yet. */
export class RegionListensError extends XenkeepError {
  readonly code = 'REGION_LISTENS'
  constructor(here: string) {
    super(
      `The control plane in ${here} was away, and looks first whether another region has taken over meanwhile; until then it starts and changes nothing.`,
      {
        advice: `Wait three minutes: it goes on by itself, or stands by. "xenkeep region take-over" here makes it the active one at once.`,
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

/** In words: jobs that were lost with a region. */
export const lostJobs = (lost: number, of: number): string =>
  `${lost} of ${of} ${of === 1 ? 'job' : 'jobs'} never arrived from the region that was lost, and ${lost === 1 ? 'was' : 'were'} not done here.`

/** No job of a run came over from the lost region. */
export class RunJobsLostError extends XenkeepError {
  readonly code = 'RUN_JOBS_LOST'
  constructor(lost: number) {
    super(lostJobs(lost, lost), {
      advice: 'Start the run again where it is still wanted.',
    })
  }
}

/** A run of the lost region came over long after the take-over: whoever asked for it counts on it no more, so it is not begun. */
export class RunCameLateError extends XenkeepError {
  readonly code = 'RUN_CAME_LATE'
  constructor(here: string) {
    super(
      `The run was asked for in the region that was lost, and came over only after ${here} had taken over; it is not gone on with here.`,
      {
        advice:
          'Look at what it has done in the lost region, and start it again where it is still wanted.',
      },
    )
  }
}

/** A job that must not be done twice was open when a region was lost, and no gateway goes on with it: it may have been done. */
export class JobPerhapsDoneError extends XenkeepError {
  readonly code = 'JOB_PERHAPS_DONE'
  constructor() {
    super(
      'It may have been done already: it was open when a region was taken over, and no gateway goes on with it. Done twice it could overwrite what has changed since, or start what was stopped, so it is not repeated by itself.',
      {
        advice: 'Look at the VM: where it was not done, and is still wanted, ask for it again.',
      },
    )
  }
}

/** What a restore needs had not all arrived in the copy of the repository that this region restores from. */
export class PointNotWholeHereError extends XenkeepError {
  readonly code = 'POINT_NOT_WHOLE_HERE'
  constructor(
    pointId: string,
    vmName: string,
    {
      text,
      objects = [],
      missing = 0,
    }: { text: string; objects?: readonly string[] | undefined; missing?: number | undefined },
  ) {
    const more = missing > objects.length ? ' and more' : ''
    const named = objects.length > 0 ? `; missing: ${objects.join(', ')}${more}` : ''
    super(
      `The recovery point ${pointId} of "${vmName.slice(0, 100)}" cannot be restored from the copy of the repository in this region: ${text}${named}.`,
      {
        advice:
          'Take an older point ("xenkeep points --vm VM" shows which are here), or wait until all has arrived and a gateway has compared again (it does when it starts). --even-if-incomplete tries it all the same.',
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
