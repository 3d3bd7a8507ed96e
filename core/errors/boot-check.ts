import { asXenkeepError, XenkeepError } from './base.ts'

/** A boot check that names no point, in a catalog without points. */
export class NothingToCheckError extends XenkeepError {
  readonly code = 'NOTHING_TO_CHECK'
  constructor() {
    super('There is no recovery point to check.', {
      advice: 'Name a point that "xenkeep points" lists, or back up a VM first.',
    })
  }
}

/** The check says nothing about the point: what stood in the way is the pool's, the store's, or a lack of time. */
export class BootCheckNotCarriedOutError extends XenkeepError {
  readonly code = 'BOOT_CHECK_NOT_CARRIED_OUT'
  constructor(cause: unknown, what = 'the recovery point') {
    const { message, advice, retryable } = asXenkeepError(cause)
    super(`The boot check could not be carried out, so it says nothing about ${what}: ${message}`, {
      advice,
      retryable,
      cause,
    })
  }
}

/** The time of a boot check was over before the VM was started. */
export class BootCheckOutOfTimeError extends XenkeepError {
  readonly code = 'BOOT_CHECK_OUT_OF_TIME'
  constructor(seconds: number, phase: string) {
    super(`The ${seconds} s that were given were over while it was ${phase}.`, {
      advice: 'Give it more time with --timeout (in seconds, for all of the check).',
    })
  }
}

/** The gateway has no program of this name in its settings. */
export class BootScriptUnknownError extends XenkeepError {
  readonly code = 'BOOT_SCRIPT_UNKNOWN'
  constructor(name: string) {
    super(`The settings of this gateway name no script "${name}" for boot checks.`, {
      advice:
        'Add it to "bootScripts" in the settings of the gateway, as a list of program and arguments.',
    })
  }
}
