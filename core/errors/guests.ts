import { XenkeepError } from './base.ts'

/** No agent is enrolled for a guest. */
export class GuestNotFoundError extends XenkeepError {
  readonly code = 'GUEST_NOT_FOUND'
  constructor(wanted: string) {
    super(`No agent is enrolled for the guest "${wanted}".`, {
      advice:
        'List the guests with "xenkeep guests"; "xenkeep guests enrol" makes a code with which the agent in a guest enrols.',
    })
  }
}

/** Another agent is enrolled for the same guest: a copy of its machine, or its former life. */
export class GuestTakenError extends XenkeepError {
  readonly code = 'GUEST_TAKEN'
  constructor(guestUuid: string, name: string) {
    super(`The guest ${guestUuid} has an agent already, called "${name}".`, {
      advice: `If that is the former life of this machine, revoke it ("xenkeep guests revoke") and make a new code. If this machine is a copy of that one, remove the folder "gateway" of its data directory, so that it becomes a guest of its own.`,
    })
  }
}

/** What an agent says it is does not fit how it was enrolled. */
export class GuestMismatchError extends XenkeepError {
  readonly code = 'GUEST_MISMATCH'
  constructor(name: string, enrolled: string | undefined, told: string | undefined) {
    const what = (guest: string | undefined) =>
      guest === undefined ? 'a gateway' : `the agent in the guest ${guest}`
    super(`"${name}" was enrolled as ${what(enrolled)}, and calls as ${what(told)}.`, {
      advice:
        'Put its settings.json back as it was, or remove the folder "gateway" of its data directory and enrol it anew as what it is now.',
    })
  }
}

/** The agent in a guest made a call that is for gateways. */
export class GuestNotAllowedError extends XenkeepError {
  readonly code = 'GUEST_NOT_ALLOWED'
  constructor(name: string) {
    super(`"${name}" is the agent in a guest, and this call is for gateways alone.`, {
      advice:
        'An agent of ours never makes it: look at the machine of this guest, and revoke its agent ("xenkeep guests revoke") unless you know why.',
    })
  }
}

/** A good code, at the wrong place. */
export class EnrolmentCodeUnfitError extends XenkeepError {
  readonly code = 'ENROLMENT_CODE_UNFIT'
  constructor(why: string) {
    super(`This enrolment code cannot be used here: ${why}.`, {
      advice:
        'Make one with "xenkeep gateways enrol" for a gateway, or with "xenkeep guests enrol --vm VM" for the agent in that VM; this one is still good where it belongs.',
    })
  }
}
