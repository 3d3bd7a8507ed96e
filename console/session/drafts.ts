import { z } from 'zod'
import { PolicyView } from '#core/contracts/policies-api.ts'
import type { Session } from './session.ts'
import { stored } from './stored.ts'

const PREFIX = 'xenkeep.draft.'

/** What somebody typed into the wizard for policies and did not save. */
const Draft = z.object({
  /** Who typed it. */
  by: z.string(),
  /** Of the console that stored it: another one may see a policy in another way. */
  version: z.string(),
  /** When it was changed last, ms since 1970. */
  at: z.number(),
  /** JSON of a policy that may still lack something; `null` is a number that is not typed yet. */
  policy: z.string(),
  /** Where a policy is changed, that policy as the person found it. */
  of: PolicyView.optional(),
})
export type Draft = z.infer<typeof Draft>

/** @param slot which wizard of this tab */
export const draftIn = (slot: string) => stored(() => sessionStorage, PREFIX + slot, Draft)

const forgetDrafts = (): void => {
  try {
    for (const key of Object.keys(sessionStorage))
      if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
  } catch {
    // Storage that is forbidden holds none.
  }
}

/** Whoever signs out leaves nothing that they typed. */
export const withoutDrafts = (session: Session): Session => ({
  ...session,
  signOut() {
    forgetDrafts()
    return session.signOut()
  },
})
