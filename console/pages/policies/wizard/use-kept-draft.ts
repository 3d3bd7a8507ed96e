import { useState } from 'react'
import type { PolicyInput } from '#core/contracts/policies.ts'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useCaller } from '../../../api/context.tsx'
import { draftIn } from '../../../session/drafts.ts'

const VERSION: string = import.meta.env.VITE_VERSION

/** As somebody left it. */
export interface KeptDraft {
  policy: PolicyInput
  of: PolicyView | undefined
  /** ms since 1970 */
  at: number
}

/**
 * What this person typed into a wizard of this tab and did not save: it outlives a reload and a look at another page, and ends with the tab, by saving, by
 * cancelling and by signing out.
 * @param slot which wizard
 */
export const useKeptDraft = (slot: string) => {
  const { name: by } = useCaller()
  const [store] = useState(() => draftIn(slot))
  const [found] = useState((): KeptDraft | undefined => {
    const draft = store.read()
    if (draft?.by !== by || draft.version !== VERSION) return undefined
    return { policy: read(draft.policy), of: draft.of, at: draft.at }
  })
  return {
    found,
    keep: (policy: PolicyInput, of: PolicyView | undefined) =>
      store.write({ by, version: VERSION, at: Date.now(), policy: JSON.stringify(policy), of }),
    forget: () => store.write(undefined),
  }
}

/** JSON has no NaN, and that is what an emptied field of a number is. */
const read = (policy: string): PolicyInput =>
  JSON.parse(policy, (_, value: unknown) => (value === null ? Number.NaN : value)) as PolicyInput
