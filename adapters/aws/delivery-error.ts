import { DeliveryFailedError, DeliveryRefusedError } from '#core/errors/notifications.ts'

/** @param final names of the service's errors that are about this message and will come again */
export const judgedByAws = (error: unknown, final: ReadonlySet<string>): Error => {
  const { name = 'an error', message = '' } = error as { name?: string; message?: string }
  const why = `AWS answered ${name}: ${message.replace(/\s+/g, ' ').slice(0, 300)}`
  return final.has(name)
    ? new DeliveryRefusedError(why, error)
    : new DeliveryFailedError(why, { cause: error })
}
