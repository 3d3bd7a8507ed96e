import type { Client } from '#core/contracts/client.ts'
import { type PutGuestFactsRequest, UNRELEASED_TOLD } from '#core/contracts/guests-api.ts'
import { type Chore, createChore } from '../control/chore.ts'
import type { Patience } from '../control/patience.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import type { GuestWork } from './guest-work.ts'

/** Tells what the recipes of this guest find, when it starts, after each job, and every quarter of an hour; the same is not told again for an hour. */
export const factsChore = ({
  client,
  gatewayId,
  guestUuid,
  work,
  freeze,
  told,
  patience,
  log,
}: {
  client: Pick<Client, 'call'>
  gatewayId: () => string
  guestUuid: string
  work: Pick<GuestWork, 'probe' | 'unreleased'>
  /** What it may hold still, and how that stands. */
  freeze: () => PutGuestFactsRequest['freeze']
  /** What was told last. */
  told: () => { facts: string }
  patience: Patience
  log: Log
}): Chore =>
  createChore({
    name: 'Telling what the recipes of this guest find',
    everyMs: limits.guestFactsMs,
    patience,
    log,
    async work(signal) {
      const recipes = await work.probe(signal)
      signal.throwIfAborted()
      const frozen = freeze()
      const left = toldOf(work.unreleased())
      const body = {
        ...{ guest: guestUuid, recipes },
        ...(left.length > 0 && { unreleased: left }),
        ...(frozen && { freeze: frozen }),
      }
      const facts = JSON.stringify(body)
      const before = told()
      if (facts === before.facts) return
      await client.call('putGuestFacts', { params: { gatewayId: gatewayId() }, body, signal })
      before.facts = facts
    },
  })

/** No more than may be told; how many there are beside is in the last sentence. */
const toldOf = (all: readonly string[]): string[] => {
  const told = all.slice(0, UNRELEASED_TOLD).map(text => text.slice(0, 1_000))
  const more = all.length - told.length
  if (more <= 0) return told
  const last = told.pop() ?? ''
  return [...told, `${last.slice(0, 900)} (${more} more are not released: see the agent's log.)`]
}
