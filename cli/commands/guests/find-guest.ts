import type { GuestView } from '#core/contracts/guests-api.ts'
import type { Session } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { UsageError } from '../../errors.ts'
import { quoted } from '../../output/safe-text.ts'

/** By UUID, id of its enrolment, or exact name. @throws `USAGE` */
export const findGuest = async ({ client }: Session, wanted: string): Promise<GuestView> => {
  const id = wanted.toLowerCase()
  const found = (await listAll(client, 'listGuests')).find(
    ({ guestUuid, gatewayId, name }) =>
      guestUuid === id || gatewayId.toLowerCase() === id || name === wanted,
  )
  if (found) return found
  throw new UsageError(
    `There is no guest ${quoted(wanted)} with an agent.`,
    '"xenkeep guests" lists them.',
  )
}
