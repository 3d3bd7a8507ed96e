import { useState } from 'react'
import { useLocation } from 'wouter'
import type { PolicyInput } from '#core/contracts/policies.ts'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useApi } from '../../../api/context.tsx'
import { codeOf } from '../../../api/problem.ts'
import { useDeed } from '../../../api/use-call.ts'
import { useNotices } from '../../../components/notices.tsx'
import { wizard as words } from '../../../text/policy-wizard/frame.ts'
import { inputOf } from '../policy-input.ts'

/**
 * Saves what was typed. Where somebody else saved meanwhile, `theirs` is what they made of it, until the person has decided how to go on.
 * @param of the policy to be changed; left out: a new one
 * @param onSaved before its page is shown
 */
export const useSave = (of: PolicyView | undefined, onSaved: () => void) => {
  const [, go] = useLocation()
  const { client } = useApi()
  const { tell } = useNotices()
  const [base, setBase] = useState(of)
  const [theirs, setTheirs] = useState<PolicyView>()
  /** Also where the person has gone to another page meanwhile. */
  const onDone = ({ policy: { name } }: PolicyView) => {
    onSaved()
    tell({ type: 'success', content: (base ? words.saved : words.created)(name) })
  }
  const create = useDeed('createPolicy', { onDone })
  const put = useDeed('putPolicy', { onDone })
  const deed = base ? put : create
  const show = ({ policy: { policyId } }: PolicyView) => go(`/policies/${policyId}`)
  const failed = async (error: unknown): Promise<void> => {
    if (!base || codeOf(error) !== 'POLICY_CHANGED') return
    const params = { policyId: base.policy.policyId }
    // Where it cannot be read either, the refusal is what is shown.
    setTheirs(await client.call('getPolicy', { params }).catch(() => undefined))
  }
  return {
    isBusy: deed.isPending,
    isDone: deed.isSuccess,
    error: deed.error,
    theirs,
    /** What the save replaces: as the person found it, or agreed to take it. */
    base,
    before: base ? inputOf(base.policy) : undefined,
    /** The other's state is what the next save replaces. @param said what that means, to the person */
    accept: (said: string) => {
      tell({ type: 'info', content: said })
      setBase(theirs)
      setTheirs(undefined)
      put.reset()
    },
    save: (draft: PolicyInput) => {
      const policy = { ...draft, name: draft.name.trim() }
      const then = { onSuccess: show, onError: (error: unknown) => void failed(error) }
      if (!base) create.mutate({ body: policy }, then)
      else
        put.mutate(
          {
            params: { policyId: base.policy.policyId },
            body: { version: base.version, policy },
          },
          then,
        )
    },
  }
}
