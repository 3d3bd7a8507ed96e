import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { Policy } from '#core/contracts/policies.ts'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { verdicts as words } from '../../text/policies.ts'
import { inputOf } from './policy-input.ts'
import { Verdicts } from './verdicts.tsx'

/** Which VMs it takes as it is saved. Asked for once: a preview also looks through the points of a policy. */
export const PolicyVms = ({ policy, isDeleted }: { policy: Policy; isDeleted: boolean }) => {
  const { policyId } = policy
  const { data, error, refetch } = useCall(
    'previewPolicy',
    { body: { policy: inputOf(policy), months: 1, ...(!isDeleted && { policyId }) } },
    { every: false },
  )
  if (data) return <Verdicts preview={data} />
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  return <StatusIndicator type="loading">{words.loading}</StatusIndicator>
}
