import { XenkeepError } from './base.ts'

/** A component is to be restored while another restore of it is under way, or waits for a person. */
export class ComponentRestoreOpenError extends XenkeepError {
  readonly code = 'COMPONENT_RESTORE_OPEN'
  /** @param onto the guest, where the component was saved on another one */
  constructor(component: string, pointId: string, how: string, onto?: string) {
    const command = `xenkeep guests restore ${pointId}${onto === undefined ? '' : ` --onto ${onto}`}`
    super(
      `Another restore of "${component}" is open: from the recovery point ${pointId}, ${how}.`,
      {
        advice: `Go on with that one ("${command} --from STEP"), or give it up first with "${command} --give-up".`,
      },
    )
  }
}

/** A restore cannot be gone on with at this step, or in this way. */
export class ComponentRestoreStepError extends XenkeepError {
  readonly code = 'COMPONENT_RESTORE_STEP'
  constructor(why: string, advice: string) {
    super(`The restore was not gone on with: ${why}`, { advice })
  }
}

/** The agent, or its machine, ended in the middle of a step of a restore that changes something. */
export class ComponentRestoreCutOffError extends XenkeepError {
  readonly code = 'COMPONENT_RESTORE_CUT_OFF'
  constructor(number: number, id: string, does: string) {
    super(
      `The restore was cut off in the middle of step ${number}, "${id}" (${does}); whether all of it was done is not known, so it was not done again.`,
      {
        advice: `Look at what it was to do. Where it has to be done again, go on from step ${number}; where it is done, from step ${number + 1}.`,
      },
    )
  }
}
