import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { wizard as words } from '../../text/policy-wizard.ts'
import { inputOf } from './policy-input.ts'
import { PolicyWizard } from './wizard/policy-wizard.tsx'

export const Page = ({ policyId }: { policyId: string }) => {
  // As it was when the wizard opened: a change from it must not pass for one from a state that the person never saw.
  const [found, setFound] = useState<PolicyView>()
  const { data, error, refetch, isFetching } = useCall(
    'getPolicy',
    { params: { policyId } },
    { every: false, enabled: found === undefined },
  )
  if (found) return <PolicyWizard begin={inputOf(found.policy)} of={found} />
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  if (data && !isFetching) setFound(data)
  return <StatusIndicator type="loading">{words.loading}</StatusIndicator>
}
