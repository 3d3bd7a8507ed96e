import { useState } from 'react'
import { useSearchParams } from 'wouter'
import { XenUuid } from '#core/contracts/ids.ts'
import { useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { navigation } from '../../text/navigation.ts'
import { wizard as words } from '../../text/policy-wizard/frame.ts'
import { inputOf } from './policy-input.ts'
import { newDraft } from './wizard/draft.ts'
import { KeptWizard } from './wizard/kept-wizard.tsx'

/** As one selector takes. */
const MOST = 1_000
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

/** `?copy=` another policy, `?vms=` for these virtual machines (UUIDs with commas between them), or from nothing. */
export const Page = () => {
  const [query] = useSearchParams()
  const copied = query.get('copy')
  if (copied !== null) return <Copy key={copied} policyId={copied} />
  const vms = XenUuid.array().max(MOST).safeParse(query.get('vms')?.split(','))
  return <New key={vms.data?.join()} vms={vms.data} />
}

const New = ({ vms }: { vms: readonly string[] | undefined }) => {
  const [begin] = useState(() => newDraft(ZONE, vms))
  return <KeptWizard slot="new" begin={begin} />
}

const Copy = ({ policyId }: { policyId: string }) => {
  const { data, error, refetch } = useCall('getPolicy', { params: { policyId } }, { every: false })
  if (data) {
    const { pausedUntil: _, ...policy } = inputOf(data.policy)
    const name = words.copyOf(policy.name).slice(0, 200)
    return <KeptWizard slot={`copy.${policyId}`} begin={{ ...policy, name }} />
  }
  return (
    <PageWithoutData
      {...{ title: navigation.newPolicy, loading: words.loading, error }}
      onRetry={() => void refetch()}
    />
  )
}
