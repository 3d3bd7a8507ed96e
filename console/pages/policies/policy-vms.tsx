import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { Policy } from '#core/contracts/policies.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { verdicts as words } from '../../text/policies.ts'
import { inputOf } from './policy-input.ts'
import { Verdicts } from './verdicts.tsx'

/** Which VMs it takes as it is saved. Without its id, so that its points are not looked through for what nobody changes. */
export const PolicyVms = ({ policy }: { policy: Policy }) => {
  const { data, error, refetch } = useCall(
    'previewPolicy',
    { body: { policy: inputOf(policy), months: 1 } },
    { every: LIVE.slow },
  )
  if (data) return <Verdicts preview={data} />
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  return <StatusIndicator type="loading">{words.loading}</StatusIndicator>
}
