import { PolicyInput } from '#core/contracts/policies.ts'
import { useCall } from '../../../api/use-call.ts'
import { useSettled } from '../../../components/settled.ts'

/** A preview needs a name, and it does not matter which. */
const UNNAMED = 'New policy'

/**
 * What the policy would do as it stands, asked for whenever it changes.
 * @param policyId of the one that it is to replace
 * @returns `isReady` is false while too little is said to ask
 */
export const usePreview = (draft: PolicyInput, policyId: string | undefined, months = 12) => {
  const body = useSettled({ policy: draft, policyId, months })
  const policy = { ...body.policy, name: body.policy.name.trim() || UNNAMED }
  const isReady = PolicyInput.safeParse(policy).success
  const call = useCall(
    'previewPolicy',
    { body: { ...body, policy } },
    { every: false, enabled: isReady },
  )
  return { ...call, isReady }
}
export type Preview = ReturnType<typeof usePreview>
