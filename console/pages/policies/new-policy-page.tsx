import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useSearchParams } from 'wouter'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { wizard as words } from '../../text/policy-wizard.ts'
import { inputOf } from './policy-input.ts'
import { newDraft } from './wizard/draft.ts'
import { PolicyWizard } from './wizard/policy-wizard.tsx'

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

/** `?copy=` another policy, or from nothing. */
export const Page = () => {
  const [query] = useSearchParams()
  const copied = query.get('copy')
  return copied === null ? <PolicyWizard begin={newDraft(ZONE)} /> : <Copy policyId={copied} />
}

const Copy = ({ policyId }: { policyId: string }) => {
  const { data, error, refetch } = useCall('getPolicy', { params: { policyId } }, { every: false })
  if (data) {
    const { pausedUntil: _, ...policy } = inputOf(data.policy)
    return <PolicyWizard begin={{ ...policy, name: words.copyOf(policy.name).slice(0, 200) }} />
  }
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  return <StatusIndicator type="loading">{words.loading}</StatusIndicator>
}
