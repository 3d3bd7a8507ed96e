import { XenkeepError } from './base.ts'

/** No channel has this id or name. */
export class ChannelNotFoundError extends XenkeepError {
  readonly code = 'CHANNEL_NOT_FOUND'
  constructor(wanted: string) {
    super(`There is no channel ${wanted}.`, {
      advice: 'List the channels with "xenkeep channels list".',
    })
  }
}

/** A rule names a channel that is not there, or a channel is to be removed that rules name. */
export class ChannelInUseError extends XenkeepError {
  readonly code = 'CHANNEL_IN_USE'
  constructor(name: string, by: string) {
    super(`The channel "${name}" is named by ${by}.`, {
      advice: 'Take it out there first, or switch the channel off.',
    })
  }
}

/** More channels than one control plane has. */
export class TooManyChannelsError extends XenkeepError {
  readonly code = 'TOO_MANY_CHANNELS'
  constructor(limit: number) {
    super(`There are ${limit} channels already, and no more can be made.`, {
      advice: 'Remove one that is no longer needed; one mail channel takes 50 addresses.',
    })
  }
}

/** Nothing was announced under this id, or it was swept after its time. */
export class NotificationNotFoundError extends XenkeepError {
  readonly code = 'NOTIFICATION_NOT_FOUND'
  constructor(eventId: string) {
    super(`There is no notification ${eventId}.`, {
      advice: 'List the recent ones with "xenkeep notifications".',
    })
  }
}

/** A message did not get through this time. */
export class DeliveryFailedError extends XenkeepError {
  readonly code = 'DELIVERY_FAILED'
  /** Within the sentence: what went wrong. */
  readonly why: string
  /** What the receiver asked for, in ms. */
  readonly retryAfterMs: number | undefined
  constructor(
    why: string,
    { retryAfterMs, cause }: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(`The message did not get through: ${why}.`, {
      advice: 'It is tried again for a day; check the channel and its receiver meanwhile.',
      retryable: true,
      cause,
    })
    this.why = why
    this.retryAfterMs = retryAfterMs
  }
}

/** The receiver understood a message and does not want it: trying again is of no use. */
export class DeliveryRefusedError extends XenkeepError {
  readonly code = 'DELIVERY_REFUSED'
  constructor(why: string, cause?: unknown) {
    super(`The receiver refused the message: ${why}.`, {
      advice: 'Correct the channel, and see with "xenkeep channels test" whether it gets through.',
      cause,
    })
  }
}

/** A channel names a secret that is not where it should be. */
export class ChannelSecretMissingError extends XenkeepError {
  readonly code = 'CHANNEL_SECRET_MISSING'
  constructor(name: string, place: string, cause?: unknown) {
    super(`The secret "${name}" is not at ${place}.`, {
      advice: 'Put it there (docs/notifications.md tells how); messages that wait are sent then.',
      cause,
    })
  }
}
